/** Builds `src/relate/matmul.wat` into `src/relate/matmul.ts`, the module's bytes as text: `npx tsx scripts/build-wasm.ts`. Same source, same bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

const folder = join(import.meta.dirname, '..', 'src', 'relate');
const { parseWat } = await wabt();
const parsed = parseWat('matmul.wat', readFileSync(join(folder, 'matmul.wat'), 'utf8'), { simd: true });
const { buffer } = parsed.toBinary({ log: false, write_debug_names: false });
const base64 = Buffer.from(buffer).toString('base64');
writeFileSync(
  join(folder, 'matmul.ts'),
  `/** matmul.wat as bytes, made by scripts/build-wasm.ts. */\nexport const matmulModule = '${base64}';\n`,
);
console.log(`${buffer.length} bytes`);
