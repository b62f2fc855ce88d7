/** Builds the WebAssembly of the package into TypeScript files that hold its bytes as text: `npx tsx scripts/build-wasm.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileMatmul, compileNear, sourceFolder } from './compile-wasm.js';

function write(name: string, file: string, made: string, bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('base64');
  writeFileSync(
    join(sourceFolder, file),
    `/** ${made} as bytes, made by scripts/build-wasm.ts. */\nexport const ${name} =\n  '${text}';\n`,
  );
  console.log(`${made}: ${bytes.length} bytes`);
}

write('matmulModule', join('relate', 'matmul.ts'), 'matmul.wat', await compileMatmul());
write('nearModule', join('index', 'near-module.ts'), 'near.as', await compileNear());
