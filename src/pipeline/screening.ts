/** What must not enter a new store: secrets (masked), and text that addresses the model (reported). */
import type { Finding, Problem, Segmented, SpokenStatement, Statement } from '../memory.js';
import { findInjections, findSecrets, maskSecrets } from '../read/screen.js';

export interface Redaction {
  readonly statement: Statement;
  readonly masked: string;
  readonly kinds: readonly string[];
}

export interface Screened {
  readonly redactions: readonly Redaction[];
  /** Without what holds a secret or addresses the model. */
  readonly spoken: readonly SpokenStatement[];
  readonly findings: readonly Finding[];
}

/** Statements keep all but unmistakable secrets; what newly comes from a session is judged strictly. */
export function screenStatements(segmented: Segmented, spoken: readonly SpokenStatement[]): Screened {
  const redactions: Redaction[] = [];
  const findings: Finding[] = [];
  for (const statement of segmented.statements) {
    const { path, line, text } = statement;
    const secrets = findSecrets(text, 'certain');
    if (secrets.length > 0) {
      const kinds = [...new Set(secrets.map((secret) => secret.kind))];
      findings.push({
        kind: 'secret',
        path,
        line,
        message: `holds a secret (${kinds.join(', ')})`,
      });
      if (statement.lock === null)
        redactions.push({
          statement,
          masked: maskSecrets(text, 'certain'),
          kinds,
        });
    }
    for (const { message } of findInjections(text)) findings.push({ kind: 'injection', path, line, message });
  }
  const clean = spoken.filter(({ text }) => findSecrets(text, 'strict').length === 0 && findInjections(text).length === 0);
  return { redactions, spoken: clean, findings };
}

/** What could not be read, in the form of the contract. */
export function unreadable(problems: readonly Problem[]): readonly Finding[] {
  return problems.map(({ path, line, message }) => ({ kind: 'unreadable', path, line, message }));
}
