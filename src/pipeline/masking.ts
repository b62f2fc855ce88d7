/** What must not leave the machine: secrets and names of home folders. They are replaced by signs and put back into what returns. */
import { findSecrets } from '../read/screen.js';

/** A name as systems have it, in any script; a full stop behind it ends a sentence. */
const name = '[\\p{L}\\p{N}_](?:[\\p{L}\\p{M}\\p{N}_.@+-]*[\\p{L}\\p{M}\\p{N}_])?';
/**
 * `/home/NAME`, `/Users/NAME`, `C:\Users\NAME`, `/root`, the same below the mount points under which other systems see them, and the form
 * in which Claude Code names a project's folder; what follows stays. A name with spaces is known by the backslash behind it.
 */
const homes = new RegExp(
  [
    `(?<![\\w.-])(?:/(?:var|export|mnt/[a-z]|cygdrive/[a-z]|[a-z]))?/(?:home|Users)/${name}`,
    `[A-Za-z]:[\\\\/]+Users[\\\\/]+(?:${name}(?: ${name}){1,2}(?=\\\\)|${name})`,
    `\\\\+(?:home|Users)\\\\+${name}`,
    `(?<![\\p{L}\\p{N}_-])-(?:home|Users)-[\\p{L}\\p{M}\\p{N}_]+`,
    '(?<![\\w.-])/root(?=/)',
  ].join('|'),
  'gu',
);
/** A text that holds such a sign already: it gets one of its own, so that no other text is put in its place. */
const signs = /<(?:SECRET|HOME|TEXT)_\d+>/g;

/** Remembers what it has masked; the same text gets the same sign, so that two masked statements still compare as they did. */
export class Masker {
  readonly #signs = new Map<string, string>();
  readonly #texts = new Map<string, string>();

  mask(text: string): string {
    let masked = text.replace(signs, (found) => this.#signFor('TEXT', found));
    for (let found = secretsIn(masked); found.length > 0; found = secretsIn(masked)) {
      let at = 0;
      let out = '';
      for (const { start, end } of found) {
        out += masked.slice(at, start) + this.#signFor('SECRET', masked.slice(start, end));
        at = end;
      }
      masked = out + masked.slice(at);
    }
    return masked.replace(homes, (found) => this.#signFor('HOME', found));
  }

  /** Signs that this masker never gave stay as they are. */
  restore(text: string): string {
    return restoreSigns(text, this.#texts);
  }

  /** Every sign with its text, to be kept for a process that gets the answers later. */
  signs(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#texts);
  }

  #signFor(kind: 'SECRET' | 'HOME' | 'TEXT', text: string): string {
    const known = this.#signs.get(text);
    if (known !== undefined) return known;
    const sign = `<${kind}_${this.#signs.size + 1}>`;
    this.#signs.set(text, sign);
    this.#texts.set(sign, text);
    return sign;
  }
}

/** Puts texts back in the place of their signs; unknown signs stay. */
export function restoreSigns(text: string, texts: ReadonlyMap<string, string>): string {
  return text.replace(signs, (sign) => texts.get(sign) ?? sign);
}

/** Without what is a sign already: `password: <SECRET_1>` looks like a password too. */
function secretsIn(text: string): ReturnType<typeof findSecrets> {
  return findSecrets(text, 'strict').filter(({ start, end }) => !/<(?:SECRET|HOME|TEXT)_\d+>/.test(text.slice(start, end)));
}
