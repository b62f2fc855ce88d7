/** What ran the benchmark: figures without it mean nothing to anybody else. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { z } from 'zod';
import type { BenchResult } from './results.js';

export function machineOf(): BenchResult['machine'] {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() || 'unknown processor',
    cores: cores.length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${process.arch}`,
  };
}

export function versionsOf(): BenchResult['versions'] {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return { dreamfold: z.object({ version: z.string() }).parse(manifest).version, node: process.version };
}
