/** Secrets in a person's store do not enter the new one, wherever in a file they stand; the input keeps them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, openIn, readTree } from './support/workspace.js';

/** Put together here, so that no scanner takes this file for a leak. */
const key = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_');

const file = `---
name: deploy
description: how to deploy
# token ${key}
---

## Token ${key}

- Deploy with the token ${key} in the environment.
- Nobody deploys on Fridays.
`;

describe('secrets', () => {
  it('are masked in statements, headings and front matter of the new store, and named without being shown', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    writeFileSync(join(folder, 'memory', 'deploy.md'), file);
    const library = openIn(folder);
    const { dream, changes, findings } = await library.dream({ store: join(folder, 'memory'), llm: 'off' });
    const out = readTree(dream.summary?.out ?? '')['deploy.md'] ?? '';
    expect(out).not.toContain(key);
    expect(out.replaceAll(/\[secret removed: [^\]]*\]/g, key)).toBe(file);
    expect(readFileSync(join(folder, 'memory', 'deploy.md'), 'utf8')).toBe(file);
    expect(changes.filter((change) => change.kind === 'redact')).toHaveLength(2);
    expect(findings.filter((finding) => finding.kind === 'secret').map((finding) => finding.line)).toEqual([9, 4, 7]);
    expect(JSON.stringify({ changes, findings, diffless: dream })).not.toContain(key);
  });

  it('stay where a person refuses the redaction', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'memory'));
    writeFileSync(join(folder, 'memory', 'deploy.md'), file);
    const library = openIn(folder);
    const { dream, changes } = await library.dream({ store: join(folder, 'memory'), llm: 'off' });
    await library.decide(
      changes.map((change) => change.id),
      'rejected',
    );
    expect(readTree(dream.summary?.out ?? '')['deploy.md']).toBe(file);
    const again = await library.dream({ store: join(folder, 'memory'), llm: 'off' });
    expect(again.changes).toEqual([]);
  });

  it('of a locked file are reported and left', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'CLAUDE.md'), file);
    const library = openIn(folder);
    const { dream, changes, findings } = await library.dream({ store: join(folder, 'CLAUDE.md'), llm: 'off' });
    expect(changes).toEqual([]);
    expect(findings).toHaveLength(3);
    expect(readFileSync(dream.summary?.out ?? '', 'utf8')).toBe(file);
  });
});
