/** Endings of English words: one stem for all forms of a word, and the forms that a dictionary would list. */

const irregularForms = `ran run|went go|gone go|kept keep|left leave|written write|wrote write|built build|sent send|made make|taken take|took take|
  given give|gave give|held hold|found find|told tell|said say|paid pay|bought buy|sold sell|brought bring|thought think|caught catch|taught teach|
  met meet|lost lose|won win|spent spend|led lead|read read|put put|set set|cut cut|shown show|known know|knew know|grown grow|drawn draw|
  thrown throw|worn wear|torn tear|chosen choose|chose choose|frozen freeze|froze freeze|broken break|broke break|spoken speak|spoke speak|
  driven drive|drove drive|ridden ride|rode ride|risen rise|rose rise|fallen fall|fell fall|eaten eat|ate eat|seen see|saw see|done do|did do|
  does do|has have|had have|is be|are be|was be|were be|been be|am be|began begin|begun begin|drank drink|drunk drink|sang sing|sung sing|
  swam swim|swum swim|slept sleep|felt feel|meant mean|dealt deal|stood stand|understood understand|sat sit|lay lie|lain lie|hidden hide|hid hide|
  bound bind|children child|people person|men man|women woman|mice mouse|feet foot|teeth tooth|indices index|indexes index|vertices vertex|
  criteria criterion|data data|always always|this this|its its|his his|us us|less less|across across|yes yes|bus bus|status status|alias alias|
  canvas canvas|news news|redis redis|kubernetes kubernetes|postgres postgres|https https|dns dns|css css|aws aws|tls tls|process process|
  access access|address address|analysis analysis|basis basis|bias bias|focus focus|gas gas|lens lens|series series|thus thus|versus versus|
  during during|morning morning|evening evening|string string|thing thing|nothing nothing|something something|anything anything|
  everything everything|spring spring|king king|ring ring|bring bring|sing sing|need need|feed feed|speed speed|seed seed|red red|bed bed|
  shed shed|hundred hundred|embed embed|exceed exceed|proceed proceed|succeed succeed|indeed indeed`;

const irregular: ReadonlyMap<string, string> = new Map(
  irregularForms.split('|').map((pair) => {
    const [from = '', to = ''] = pair.trim().split(/\s+/);
    return [from, to] as const;
  }),
);

/** A word without its ending: `stored`, `storing`, `stores` and `store` come out the same. */
export function stemOf(lower: string): string {
  const known = irregular.get(lower);
  if (known !== undefined) return known;
  if (lower.length <= 3 || !/^[a-z]+$/.test(lower)) return lower;
  let stem = lower;
  if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (/ies$/.test(stem) && stem.length > 4) stem = stem.slice(0, -3) + 'y';
  else if (/[^su]s$/.test(stem) && !/is$/.test(stem)) stem = stem.slice(0, -1);
  if (/(?:ied)$/.test(stem) && stem.length > 4) stem = stem.slice(0, -3) + 'y';
  else if (/[aeiouy].*(?:ed|ing)$/.test(stem) && stem.length > 5) stem = undouble(stem.replace(/(?:ed|ing)$/, ''));
  else if (/[aeiouy].*ed$/.test(stem) && stem.length > 4) stem = undouble(stem.slice(0, -2));
  if (stem.length > 6) stem = stem.replace(/(?:ment|ation|ition|ally|ly|ness|ing)$/, '');
  return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}

function undouble(stem: string): string {
  return /([bdfgmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem;
}

/** The word itself and what a dictionary may list it under; most of them are no words. */
export function baseForms(lower: string): readonly string[] {
  const forms = [lower];
  const known = irregular.get(lower);
  if (known !== undefined && known !== lower) forms.push(known);
  if (!/^[a-z]{4,}$/.test(lower)) return forms;
  if (lower.endsWith('ies') || lower.endsWith('ied')) forms.push(`${lower.slice(0, -3)}y`);
  if (/[^su]s$/.test(lower)) forms.push(lower.slice(0, -1));
  if (/(?:s|x|z|ch|sh)es$/.test(lower)) forms.push(lower.slice(0, -2));
  const verb = /^(.*[aeiouy].*?)(?:ed|ing)$/.exec(lower)?.[1];
  if (verb !== undefined) forms.push(verb, `${verb}e`, undouble(verb));
  return forms;
}
