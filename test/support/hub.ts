/** A hub of models on this machine, over HTTP: folders served as the real one serves them. */
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface LocalHub {
  readonly url: string;
  /** Paths asked for so far. */
  readonly asked: string[];
}

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

/** Serves `models`, ids with their folders; files named in `broken` end after half of their bytes. */
export async function startHub(models: Readonly<Record<string, string>>, broken: readonly string[] = []): Promise<LocalHub> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, model = '', path = ''] = /^\/(.+)\/resolve\/main\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    asked.push(path);
    const folder = models[model];
    const file = folder === undefined ? null : join(folder, path);
    if (file === null) response.writeHead(401).end();
    else if (!statSync(file, { throwIfNoEntry: false })?.isFile()) response.writeHead(404).end();
    else {
      const bytes = readFileSync(file);
      response.writeHead(200, { 'content-length': bytes.length });
      if (!broken.includes(path)) response.end(bytes);
      else response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { url: `http://127.0.0.1:${port}`, asked };
}
