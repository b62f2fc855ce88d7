/**
 * What must not pass unseen: credentials in text, and text that tries to give the model orders. Both are found by shape, without
 * knowing where the text comes from; the caller knows whether a person wrote it. Offsets are those of JavaScript strings.
 */
import { type Strength, secretPatterns } from './secret-patterns.js';

export type SecretStrength = Strength;

export interface FoundSecret {
  readonly start: number;
  readonly end: number;
  /** In words, e.g. `GitHub token`; lower-case letters, digits, spaces and capitals only. */
  readonly kind: string;
}

export interface FoundInjection {
  readonly start: number;
  readonly end: number;
  /** One sentence that says what was found, without quoting it. */
  readonly message: string;
}

/** What ends the sentence or the bracket that a secret stands in; three dots are an ellipsis and stay. */
const closing = /(?<![.)\]}>:])[.)\]}>:]{1,2}$/;
const marker = /\[secret removed: [A-Za-z0-9 ]{1,30}\]/g;

/**
 * The secret values themselves, not the names before them; ascending, none overlapping. `certain` finds what is unmistakably a
 * credential (for text that a person keeps), `strict` also whatever looks like one (for text that newly enters a store or leaves
 * the machine). What `maskSecrets` wrote is never found.
 */
export function findSecrets(text: string, strength: SecretStrength): readonly FoundSecret[] {
  const all = secretPatterns
    .filter((one) => strength === 'strict' || one.strength === 'certain')
    .flatMap(({ kind, pattern, test }) =>
      matchesOf(pattern, text).flatMap((match) => {
        const [start, last] = match.indices?.[1] ?? [match.index, match.index + match[0].length];
        const secret = text.slice(start, last).replace(closing, '');
        return test(secret, match) ? [{ start, end: start + secret.length, kind }] : [];
      }),
    );
  if (all.length === 0) return all;
  const masked = matchesOf(marker, text).map((match) => ({ start: match.index, end: match.index + match[0].length }));
  return withoutOverlap(outside(all, masked));
}

/** The text with every secret replaced by `[secret removed: KIND]`; a masked text holds no secrets. */
export function maskSecrets(text: string, strength: SecretStrength): string {
  let result = text;
  for (let found = findSecrets(result, strength); found.length > 0; found = findSecrets(result, strength)) {
    let at = 0;
    const parts: string[] = [];
    for (const { start, end, kind } of found) {
      parts.push(result.slice(at, start), `[secret removed: ${kind}]`);
      at = end;
    }
    result = parts.join('') + result.slice(at);
  }
  return result;
}

/** `matchAll` without its copy of the pattern: most texts are short and hold nothing. */
function matchesOf(pattern: RegExp, text: string): readonly RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) matches.push(match);
  return matches;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Those that touch none of `ranges`, which are ascending and do not overlap; sorted, the longer first where two start together. */
function outside(found: readonly FoundSecret[], ranges: readonly Range[]): readonly FoundSecret[] {
  const sorted = [...found].sort((a, b) => a.start - b.start || b.end - a.end);
  let next = 0;
  return sorted.filter((one) => {
    while ((ranges[next]?.end ?? Number.POSITIVE_INFINITY) <= one.start) next++;
    return (ranges[next]?.start ?? Number.POSITIVE_INFINITY) >= one.end;
  });
}

/** Where two overlap, the one that starts first stands for both, over the range of both. */
function withoutOverlap(sorted: readonly FoundSecret[]): readonly FoundSecret[] {
  const kept: FoundSecret[] = [];
  for (const one of sorted) {
    const last = kept.at(-1);
    if (last === undefined || one.start >= last.end) kept.push(one);
    else if (one.end > last.end) kept[kept.length - 1] = { ...last, end: one.end };
  }
  return kept;
}

const orders: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  {
    pattern:
      /\b(?:ignore|disregard|forget|override)\s{1,3}(?:(?:all|any|every|of|the|your|my|these|those)\s{1,3}){0,4}(?:previous|prior|earlier|above|preceding|existing|original)\s{1,3}(?:system\s{1,3})?(?:instructions?|prompts?|directions|directives|guidelines)\b/gi,
    message: 'Text asks the model to ignore its instructions.',
  },
  {
    pattern:
      /\byou\s{1,3}are\s{1,3}now\s{1,3}(?:in\s{1,3})?(?:DAN\b|(?:developer|debug|god|jailbreak)\s{1,3}mode|jailbroken|an?\s{1,3}(?:unrestricted|unfiltered|uncensored|evil|different|new)\s{1,3}(?:AI|assistant|model|agent|chatbot)\b)/gi,
    message: 'Text tells the model to be somebody else.',
  },
  {
    pattern:
      /\b(?:reveal|print|repeat|output|leak|disclose|send|exfiltrate)\s{1,3}(?:me\s{1,3})?(?:your|the)\s{1,3}(?:(?:full|entire|hidden|whole|exact)\s{1,3})?(?:system\s{1,3}(?:prompt|message)|initial\s{1,3}(?:prompt|instructions))\b/gi,
    message: 'Text asks the model for its system prompt.',
  },
  {
    pattern: /<\|im_start\|>\s{0,3}system|<<SYS>>|\b(?:new|updated)\s{1,3}system\s{1,3}(?:prompt|instructions?)\s{0,2}:/gi,
    message: 'Text poses as a system prompt.',
  },
  {
    pattern:
      /\b(?:from\s{1,3}now\s{1,3}on|henceforth)[,:]?\s{1,3}(?:you\s{1,3})?(?:(?:must|will|shall|should|always|only)\s{1,3}){0,3}(?:reply|answer|respond|speak|write|talk)\s{1,3}(?:only\s{1,3}|exclusively\s{1,3})?(?:in|as|like|with)\b/gi,
    message: 'Text orders the model how to answer from now on.',
  },
  {
    pattern:
      /\b(?:(?:do\s{1,3}not|don['’]t|never)\s{1,3}(?:(?:tell|inform|alert)\s{1,3}(?:the|your)\s{1,3}(?:user|human|operator)\s{1,3}(?:about\s{1,3}(?:this|it|these)|of\s{1,3}this|that\s{1,3}you|anything|what\s{1,3}you)|(?:mention|reveal|disclose|report)\s{1,3}(?:this|it|these)\s{1,3}(?:\w{1,20}\s{1,3})?to\s{1,3}(?:the|your)\s{1,3}(?:user|human|operator))|without\s{1,3}(?:telling|informing|alerting|asking)\s{1,3}(?:the|your)\s{1,3}(?:human|operator)\b)/gi,
    message: 'Text asks the model to hide something from the user.',
  },
  {
    pattern:
      /\b(?:add|save|store|write|commit|put|keep|record|remember)\s{1,3}(?:this|these|that|it)\s{1,3}(?:(?:new\s{1,3})?(?:rules?|instructions?|facts?|notes?)\s{1,3})?(?:to|in|into)\s{1,3}your\s{1,3}(?:(?:long[- ]term|permanent|persistent|own)\s{1,3}){0,2}memory\b/gi,
    message: 'Text orders the model what to keep in its memory.',
  },
  {
    pattern:
      /\b(?:note|message|notice|attention)\s{0,3}(?:to|for|,|:)\s{0,3}(?:all\s{1,3})?(?:AI|LLM)s?\s{1,3}(?:coding\s{1,3})?(?:agents?|assistants?|models?)\b/gi,
    message: 'Text is addressed to AI agents rather than to readers.',
  },
  {
    pattern:
      /\b(?:AIs?|LLMs?|(?:AI|coding|language)\s{1,3}(?:agents?|assistants?|models?)|assistants?|agents)\s{1,3}(?:that\s{1,3}|who\s{1,3})?(?:read(?:s|ing)?|process(?:es|ing)?|pars(?:es?|ing)|see(?:s|ing)?)\s{1,3}this\s{1,3}(?:page|file|document|text|message|comment|readme|repository|output)\b/gi,
    message: 'Text is addressed to AI agents rather than to readers.',
  },
  {
    pattern: /[\u202d\u202e][^\n]{0,200}/g,
    message: 'Text holds characters that change the order in which it is shown.',
  },
  {
    pattern: /(?<![\u{1f3f4}\u{e0020}-\u{e007f}])[\u{e0020}-\u{e007f}]{4,}/gu,
    message: 'Text holds characters that no reader sees but a model does.',
  },
  {
    pattern: /[\u200b\u2060-\u2064\ufeff]{3,}|(?:[\u200b-\u200d\u2060-\u2064]){6,}/g,
    message: 'Text holds characters that no reader sees but a model does.',
  },
];

/** A comment that gives orders to an agent; what tools write into comments ("do not edit") addresses no model. */
const comment = /<!--(?:[^-<]|-(?!->)|<(?!!--)){0,4000}-->/g;
const agentWords = /\b(?:AI|LLM|language model|assistant|agents?)\b/;
const orderWords = /\b(?:you must|must|always|never|ignore|you should|remember to|from now on|do not tell)\b/i;

/**
 * Passages that address the model as orders: reported, never acted on. Ascending, none overlapping. Meant for few false alarms; it is
 * no protection against someone who knows the patterns.
 */
export function findInjections(text: string): readonly FoundInjection[] {
  const direct = orders.flatMap(({ pattern, message }) => matchesOf(pattern, text).map((match) => rangeOf(match, message)));
  const hidden = matchesOf(comment, text).filter(
    ({ 0: inner, index }) =>
      (agentWords.test(inner) && orderWords.test(inner)) || direct.some((one) => one.start >= index && one.end <= index + inner.length),
  );
  const comments = hidden.map((match) => rangeOf(match, 'A hidden comment gives orders to the model.'));
  const kept: FoundInjection[] = [];
  for (const one of [...direct, ...comments].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  }
  return kept;
}

function rangeOf(match: RegExpExecArray, message: string): FoundInjection {
  return { start: match.index, end: match.index + match[0].length, message };
}
