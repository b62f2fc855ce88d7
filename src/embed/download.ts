/** The files of a model, fetched from the hub. The only file of this stage that names the network. */
import { systemCode, toError, UserError } from '../errors.js';

/** Where models come from and where they are kept; null for what transformers.js has by default. */
export interface HubOptions {
  /** Such as `https://huggingface.co/`, or a mirror of it. */
  readonly host: string | null;
  /** Sent to the host, for models that are not open to everybody. */
  readonly token: string | null;
  /** Folder of the cache. */
  readonly cache: string | null;
}

export interface Hub {
  readonly host: string;
  readonly cache: string;
  /**
   * One file of a model at its newest version; null where the model has no such file.
   * @throws UserError `notFound` where the host cannot be reached or refuses.
   */
  readonly open: (model: string, path: string, signal: AbortSignal) => Promise<Download | null>;
}

export interface Download {
  /** Null where the host does not say. */
  readonly sizeBytes: number | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** @throws UserError `usage` where transformers.js, whose cache and host are used, is not installed. */
export async function openHub(options: HubOptions): Promise<Hub> {
  const { env } = await importLibrary();
  const host = `${(options.host ?? env.remoteHost).replace(/\/$/, '')}/`;
  const urlOf = (model: string, path: string) =>
    `${host}${env.remotePathTemplate.replaceAll('{model}', model).replaceAll('{revision}', 'main')}${path}`;
  return {
    host,
    cache: options.cache ?? env.cacheDir ?? '',
    open: async (model, path, signal) => {
      const headers = options.token === null ? {} : { authorization: `Bearer ${options.token}` };
      const response = await fetch(urlOf(model, path), { signal, headers }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw unreachable(model, host, error);
      });
      if (response.status === 404) return null;
      if (!response.ok || response.body === null) {
        const closed = response.status === 401 || response.status === 403;
        const why = closed ? 'there is no such model, or it is not open to everybody (HF_TOKEN)' : `it answers ${response.status}`;
        throw new UserError('notFound', `The model ${model} cannot be fetched from ${host}: ${why}. Check the id, or name a local folder.`);
      }
      const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
      return { sizeBytes: length === null ? null : Number(length), chunks: told(response.body, model, host, signal) };
    },
  };
}

async function importLibrary(): Promise<typeof import('@huggingface/transformers')> {
  try {
    return await import('@huggingface/transformers');
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError(
      'usage',
      'Models of the hub need transformers.js, which is not installed. Run `npm install @huggingface/transformers`, or name no model.',
      { cause: error },
    );
  }
}

function unreachable(model: string, host: string, error: unknown): UserError {
  const { message, cause } = toError(error);
  const why = systemCode(cause) ?? message;
  return new UserError(
    'notFound',
    `The model ${model} cannot be fetched from ${host}: ${why}. Check the id and the network, or name a local folder.`,
    { cause: error },
  );
}

async function* told(chunks: AsyncIterable<Uint8Array>, model: string, host: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(model, host, error);
  }
}
