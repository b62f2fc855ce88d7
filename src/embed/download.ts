/** What transformers.js does not fetch by itself. The only file of this stage that names the network. */

/** Where the hub keeps things and how it is asked; transformers.js' `env` has this shape. */
export interface Hub {
  readonly remoteHost: string;
  readonly remotePathTemplate: string;
  readonly fetch: (url: string) => Promise<{ readonly ok: boolean; readonly json: () => Promise<unknown> }>;
}

/** How a hub model wants its tokens pooled (`1_Pooling/config.json`); null where it does not say. Network errors are thrown. */
export async function fetchPoolingConfig(hub: Hub, model: string): Promise<unknown> {
  const path = hub.remotePathTemplate.replaceAll('{model}', model).replaceAll('{revision}', 'main');
  const response = await hub.fetch(`${hub.remoteHost.replace(/\/$/, '')}/${path.replace(/\/$/, '')}/1_Pooling/config.json`);
  return response.ok ? await response.json() : null;
}
