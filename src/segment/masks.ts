/**
 * What differs from run to run, masked: paths, addresses, numbers, ids, times, quoted values. Two messages with one template are one
 * kind of message, in the manner of Drain (He et al., ICWS 2017), where variables are found by their form before lines are compared.
 */

interface Mask {
  readonly pattern: RegExp;
  readonly name: string;
}

/**
 * In order: the larger thing first. No attempt may begin inside a run of signs in which an earlier one has begun, and what is looked ahead
 * over has a limit, so that a line of any signs takes time in proportion to its length.
 */
const masks: readonly Mask[] = [
  { name: '<url>', pattern: /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s'"`<>)\]}]+/giu },
  {
    name: '<time>',
    pattern: /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/gu,
  },
  { name: '<id>', pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu },
  { name: '<address>', pattern: /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\blocalhost:\d+\b|(?<![\w:])::1?:\d+\b/gu },
  { name: '<email>', pattern: /\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,200}\b/gu },
  { name: '<path>', pattern: /(?<![\w<])(?:\.{1,2}|~|[A-Za-z]:)?[\\/][\w.@+-]+(?:[\\/][\w.@+-]+)*[\\/]?(?::\d+(?::\d+)?)?/gu },
  { name: '<path>', pattern: /(?<![\w<.@+/-])[\w.@+-]+(?:\/[\w.@+-]+)+\.\w{1,8}(?:[:(]\d+(?:[:,]\d+)?\)?)?/gu },
  {
    name: '<file>',
    pattern:
      /(?<![\w<.-])[\w-]+(?:\.[\w-]+)*\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|dart|php|c|cc|cpp|h|cs|sql|json|ya?ml|toml|md|txt|csv|log|html|css|sh|xml|lock|ipynb|tf|mp3|wav|pdf|png|jpe?g)(?:[:(]\d+(?:[:,]\d+)?\)?)?(?![\w])/gu,
  },
  { name: '<id>', pattern: /\b(?=[\w-]{0,64}\d)(?=[\w-]{0,64}[a-z])[\da-f]{7,40}\b/giu },
  { name: '<id>', pattern: /\b[A-Z]{2,10}-\d[\w-]*\b|\b[a-z]{2,6}[-_](?=\w*\d)[\w-]{4,}\b|#\d+\b/gu },
  { name: '<n>', pattern: /(?<![\w<])[-+]?\d+(?:[.,:]\d+)*(?:\s?(?:ms|s|m|h|kb|mb|gb|kib|mib|gib|%))?(?![\w>])/giu },
];

const quotedValue = /'[^'\n]{1,120}'|"[^"\n]{1,120}"|`[^`\n]{1,120}`|\u201c[^\u201d\n]{1,120}\u201d/gu;

/** A text with what varies masked; quoted values as `<value>`. One line, single spaces. */
export function maskLine(text: string): string {
  let masked = text.replace(quotedValue, '<value>');
  for (const { pattern, name } of masks) masked = masked.replace(pattern, name);
  return masked.replace(/\s+/gu, ' ').trim();
}

/** The same patterns, to be tried at the beginning only. */
const wordMasks = masks.map(({ pattern, name }) => ({ pattern: new RegExp(pattern.source, pattern.flags.replace('g', 'y')), name }));

/** A single argument: itself where it is a plain word, else the name of what it is. */
export function maskWord(word: string): string {
  for (const { pattern, name } of wordMasks) {
    pattern.lastIndex = 0;
    const length = pattern.exec(word)?.[0].length;
    if (length === word.length) return name === '<file>' ? word : name;
  }
  if (/^[\w.@:-]{1,40}$/u.test(word) && !/\d{4,}/u.test(word)) return /^(?=.*\d)(?=.*[A-Z])[\w-]{8,}$/u.test(word) ? '<id>' : word;
  if (/^(?:[\w.@-]+\/)+[\w.@*-]*$/u.test(word)) return '<path>';
  return '<text>';
}
