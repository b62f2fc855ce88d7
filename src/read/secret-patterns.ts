/**
 * The shapes of credentials. Prefixes are those that the issuers document for their scanners, so that a leaked key can be known by
 * its look; a table of our own because the packages at hand are asynchronous, know issuers only, and neither assignments nor prose.
 * Every quantifier is bounded or over one character class: matching is linear in the length of the text.
 */

/** `certain`: unmistakable, may be masked in what a person keeps. `strict`: looks like one, must not newly enter a store. */
export type Strength = 'certain' | 'strict';

/** The first group, named `secret`, or else the whole match is the secret, if `test` agrees. */
export interface SecretPattern {
  readonly kind: string;
  readonly strength: Strength;
  readonly pattern: RegExp;
  readonly test: (secret: string, match: RegExpExecArray) => boolean;
}

/** A value that the reader is meant to replace, a reference to one kept elsewhere, or one that was masked before. */
const placeholder =
  /\.{3}$|^(?:\$|%|<|>|=|\\|\{|\[|\(|\*{2,}|\.{2,}|…|[x•]{3,}|your|changeme|change[-_]me|example|placeholder|redacted|removed|hidden|masked|null$|none$|nil$|undefined$|true$|false$|process\.|os\.|env\.|import\.|vault:|secrets?[.:/]|~?\/|\.\.?\/|https?:)/i;
const example = /EXAMPLE|x{6,}|X{6,}/;

const always = () => true;
const notExample = (secret: string) => !example.test(secret);

/** Bits per character, from the frequencies of the characters in the text itself. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** How often a letter and a digit stand side by side: names end in a number, keys change all the time. */
function alternations(text: string): number {
  return text.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
}

function characterClasses(text: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(text)).length;
}

const isKeyLike = (secret: string) => notExample(secret) && alternations(secret) >= 2;

/** No name, path, call or expression: letters and digits as a generator mixes them. */
function isRandom(secret: string): boolean {
  if (placeholder.test(secret) || example.test(secret) || /[(){}<>$]|::|\/\/|\.\w{1,4}$/.test(secret)) return false;
  return entropy(secret) >= 3.2 && alternations(secret) >= 4;
}

/** What a person or a generator makes as a password, and no word of a sentence is. */
function isStrongPassword(secret: string): boolean {
  if (placeholder.test(secret) || /[(){}<>$]|::|\/\/|\.\w{1,4}$/.test(secret)) return false;
  return secret.length >= 10 && characterClasses(secret) >= 3 && /\d/.test(secret) && /[A-Za-z]/.test(secret) && entropy(secret) >= 3;
}

/** A value, and no reference to one: a variable, a call, a place where it is kept. */
const isGiven = (secret: string) => !placeholder.test(secret) && !/^[A-Za-z_.]{2,100}\(|\$\{|\{\{|::/.test(secret);

/** Something that is no plain word: a digit among letters, or a sign inside. */
function isUnlikeWord(secret: string): boolean {
  if (!isGiven(secret)) return false;
  if (/^[\d.,:%/-]+[a-z]{0,3}$/i.test(secret)) return false;
  return /\d/.test(secret) || /[!@#$%^&*+=?~]/.test(secret);
}

/** A number alone is a count (`tokens: 100621`) and capitals inside are a name (`apiKey: adminKey`), but not after `password`. */
const isAssigned = (secret: string, match: RegExpExecArray) =>
  isUnlikeWord(secret) || (/^\d{4,}$|^[A-Za-z]*[a-z][A-Z][A-Za-z]*$/.test(secret) && /^(?:pass|pwd|pw\b)/i.test(match[0]));

/** What is said about passwords far more often than a password is. */
const saidOfPasswords =
  /(?:ed|ing|en|able|ible|ful|less)$|^(?:wrong|empty|invalid|correct|incorrect|optional|set|unset|fine|reset|known|unknown|weak|strong|safe|valid|there|here|random|secret|same|different|stale|gone|long|short|set|kept|sent|only|also|never|always|always|read|public|private|bad|good|new|old|next|this|that|what|where|text|string|case|sensitive|too|not|now|still|just|needed|okay|ok|part|plain|plaintext)$/i;

const isPassword = (secret: string) => isGiven(secret) && (isUnlikeWord(secret) || !saidOfPasswords.test(secret));

/** Words that join sentences but do not stand in a passphrase. */
const isPassphrase = (secret: string) =>
  !/\b(?:the|an?|is|are|not|in|to|for|of|with|by|and|or|must|at|be|from|on|when|if|that|which|it|we|you)\b/i.test(secret);

/** Hosts where a password protects nothing. */
const isPublicHost = (host: string) => !/^(?:localhost|127\.|0\.0\.0\.0|\[?::1)/.test(host) && /[.\d]/.test(host);

const names =
  '(?:pass(?:word|wd|phrase)|pwd|secret|token|api[ _-]?key|(?:access|secret|private|signing|encryption|auth|master|account|client|service)[ _-]?key|credentials?)';
const opening = String.raw`["'\`]?\]?\s{0,4}(?:=>|:=|[:=])\s{0,4}["'\`]?`;
const value = String.raw`(?<secret>[^\s"'\`,;|]{4,256})`;

function issued(kind: string, pattern: RegExp, test: (secret: string) => boolean = notExample): SecretPattern {
  return { kind, strength: 'certain', pattern: new RegExp(`(?<![A-Za-z0-9_])(?:${pattern.source})`, 'dg'), test };
}

function found(kind: string, strength: Strength, pattern: RegExp | string, test: SecretPattern['test']): SecretPattern {
  return { kind, strength, pattern: new RegExp(pattern, 'dgi'), test };
}

export const secretPatterns: readonly SecretPattern[] = [
  {
    kind: 'private key',
    strength: 'certain',
    pattern:
      /-----BEGIN (?:[A-Z]{2,9} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\\nr]{0,8}[A-Za-z-]{4,20}: [^\n]{0,200}){0,4}[A-Za-z0-9+/=\s\\]{40,16000}(?:-----END (?:[A-Z]{2,9} ){0,3}PRIVATE KEY(?: BLOCK)?-----)?/dg,
    test: always,
  },
  issued('AWS access key', /(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/),
  found(
    'AWS secret key',
    'certain',
    /aws.{0,20}?secret.{0,20}?["'`]?\s{0,3}[:=]\s{0,3}["'`]?(?<secret>[a-z0-9/+]{40})(?![a-z0-9/+=])/,
    notExample,
  ),
  issued('GitHub token', /gh[opusr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}/),
  issued('GitLab token', /gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[A-Za-z0-9_-]{20,64}/),
  issued('Slack token', /xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{20,250}/),
  issued('webhook address', /https:\/\/hooks\.slack\.com\/(?<secret>(?:services|workflows)\/[A-Za-z0-9/]{30,120})/),
  issued('webhook address', /https:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com\/api\/webhooks\/(?<secret>\d{16,20}\/[A-Za-z0-9_-]{60,80})/),
  issued('Anthropic key', /sk-ant-[A-Za-z0-9_-]{20,200}/),
  issued('OpenAI key', /sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,200}/, (secret) => isKeyLike(secret) && /[A-Z]/.test(secret)),
  issued('Google key', /AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,400}/),
  issued('npm token', /npm_[A-Za-z0-9]{36}\b/),
  issued('PyPI token', /pypi-AgE[A-Za-z0-9_-]{50,400}/),
  issued('SendGrid key', /SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/),
  issued('Hugging Face token', /hf_[A-Za-z]{34}\b/),
  issued('Docker token', /dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,64}/),
  issued('DigitalOcean token', /do[opr]_v1_[a-f0-9]{64}/),
  issued('Shopify token', /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/),
  issued('Vault token', /hv[sb]\.[A-Za-z0-9_-]{24,200}/),
  issued('age key', /AGE-SECRET-KEY-1[0-9A-Z]{58}/),
  issued('Telegram token', /\d{8,10}:AA[A-Za-z0-9_-]{33}/),
  issued('Mailgun key', /key-[0-9a-f]{32}\b/),
  issued('API key', /(?:lin_api_|ntn_|secret_|gsk_|glsa_|rnd_|tvly-|pplx-|xai-|dapi|phx_|sntrys_)[A-Za-z0-9_-]{30,120}/, isKeyLike),
  issued('signing secret', /whsec_[A-Za-z0-9+/=]{16,100}/),
  issued('API key', /[a-z]{2,12}_(?:live|test|prod|sandbox)_[A-Za-z0-9]{10,250}\b/, isKeyLike),
  found('account key', 'certain', /(?:AccountKey|SharedAccessKey)=(?<secret>[A-Za-z0-9+/]{42,90}={0,2})/, always),
  issued('JSON web token', /eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{10,2000}/, always),
  found('token', 'certain', /\bbearer\s{1,3}(?<secret>[a-z0-9._~+/=-]{20,2000})/, isRandom),
  found(
    'password',
    'certain',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>`]{0,64}:(?<secret>[^\s/"'<>`]{6,128})@([a-z0-9.[\]:-]{1,253})/,
    (secret, match) => isStrongPassword(secret) && isPublicHost(match[2] ?? ''),
  ),
  found('secret', 'certain', `${names}[a-z0-9_-]{0,20}${opening}(?<secret>[a-z0-9_+/=.~!@#%^&*-]{16,256})`, isRandom),
  found(
    'password',
    'certain',
    String.raw`(?:pass(?:word|wd|phrase)|pwd)[a-z0-9_-]{0,20}(?:${opening}|\s{1,3}is\s{1,3}["'\`]?)${value}`,
    isStrongPassword,
  ),

  found('password', 'strict', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>`]{0,64}:(?<secret>[^\s/"'<>`]{3,128})@[a-z0-9.[\]:-]/, isGiven),
  found(
    'token',
    'strict',
    /\b(?:bearer|authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:basic|token|bearer|apikey))\s{1,3}(?<secret>[a-z0-9._~+/=-]{8,2000})/,
    (secret) => isGiven(secret) && (isUnlikeWord(secret) || entropy(secret) >= 3.5),
  ),
  found('secret', 'strict', String.raw`(?:${names}|[a-z0-9]_key|pw)s?[a-z0-9_-]{0,20}["'\`]?\]?=["'\`]?${value}`, isGiven),
  found(
    'secret',
    'strict',
    String.raw`(?:${names}|[a-z0-9]_key|\bpw)s?["'\`]?\]?\s{0,4}(?:=>|:=|[:=]|->|→|\b(?:is|was|to)\b(?:\s{1,3}now)?)\s{0,4}["'\`(]?${value}`,
    isAssigned,
  ),
  found('secret', 'strict', String.raw`(?:${names}|\bpw)s?\s{0,4}(?:=>|:=|[:=]|\b(?:is|was|to|of)\b)?\s{0,4}["'\`]${value}["'\`]`, isGiven),
  found('secret', 'strict', String.raw`(?:${names}|\bpw)\s{1,3}(?<secret>[^\s"'\`,;|]{8,256})`, isStrongPassword),
  found(
    'password',
    'strict',
    /\b(?:pass(?:word|wd|phrase)|pwd|pw)\s{1,3}(?:is|was)(?:\s{1,3}now)?\s{1,3}(?<secret>[^\s"'`,;|.]{4,64})(?=[.,;!\n]|\s{0,3}$)/,
    isPassword,
  ),
  found(
    'password',
    'strict',
    /\bpassphrase(?:\s{1,3}(?:is|was)|\s{0,2}[:=])\s{1,3}["'`]?(?<secret>(?:[a-z0-9]{2,16}[ -]){2,9}[a-z0-9]{2,16})(?=["'`.,;\n]|$)/,
    isPassphrase,
  ),
  found('password', 'strict', String.raw`\s--?(?:password|passwd|token|secret|api-key|access-token)[= ]["']?${value}`, isGiven),
  found(
    'password',
    'strict',
    /(?<![\w-])curl(?:\s[^\n]{0,300}?)?\s(?:-u|--user)[= ]?\s{0,2}["']?[^\s:"']{1,64}:(?<secret>[^\s"']{3,128})/,
    isGiven,
  ),
];
