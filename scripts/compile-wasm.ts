/** The WebAssembly of the package, compiled from its sources in `src`. Same source, same bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import wabt from 'wabt';

export const sourceFolder = join(import.meta.dirname, '..', 'src');

export async function compileMatmul(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const source = readFileSync(join(sourceFolder, 'relate', 'matmul.wat'), 'utf8');
  return parseWat('matmul.wat', source, { simd: true }).toBinary({ log: false, write_debug_names: false }).buffer;
}

/** The compiler wants to see `.ts`, which would make the source part of the package's own TypeScript. */
export async function compileNear(): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array();
  const options = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd,threads', '--importMemory', '--sharedMemory'];
  const { error, stderr } = await asc.main(
    ['near.ts', ...options, '--initialMemory', '1', '--maximumMemory', '65536', '--outFile', 'near.wasm'],
    {
      readFile: (name) => (name === 'near.ts' ? readFileSync(join(sourceFolder, 'index', 'near.as'), 'utf8') : null),
      writeFile: (_, contents) => {
        bytes = contents instanceof Uint8Array ? contents : Buffer.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`near.as: ${stderr.toString()}`, { cause: error });
  return bytes;
}
