/** One request of a probe: a GET that changes nothing and wakes nothing. */
export interface ProbeStep {
  readonly path: string
  /** Not every version has this address: a 404 there says nothing. */
  readonly mayBeMissing?: true
}

/** What is known of a kind of service: facts of its own documentation or source, named beside each row. */
export interface KindRow {
  readonly about: string
  /** null: there is no usual one, so that services.yaml must name it. */
  readonly port: number | null
  /** The steps of a probe, in order; the first that is not up decides. null: only a TCP connection is tried. */
  readonly probe: readonly ProbeStep[] | null
  /** Where `GET` lists the models that it serves, in OpenAI's shape. */
  readonly models: string | null
  /** What 503 means at the probe's addresses. */
  readonly on503: 'starting' | 'down'
  /** Behind the address, what clients call their base URL. */
  readonly clientPath: '' | '/v1'
  /** The header that carries a key, where it takes one. */
  readonly key: 'bearer' | 'api-key' | null
  /** The real question of `GET /api/health/deep`. */
  readonly deep: 'completion' | 'embedding' | null
}

/** Shared by all that talk as OpenAI does. */
const openAi = { models: '/v1/models', clientPath: '/v1', key: 'bearer', deep: 'completion' } as const
const plain = { models: null, clientPath: '', key: null, deep: null, on503: 'starting' } as const

export const serviceKinds = {
  // vllm entrypoints/serve: /health is 503 when the engine is dead; the key is asked for under /v1 only (docs/usage/security.md).
  vllm: {
    ...openAi,
    about: 'A second vLLM, watched only',
    port: 8000,
    probe: [{ path: '/health' }, { path: '/v1/models' }],
    on503: 'down',
  },
  'openai-compatible': {
    ...openAi,
    about: "Any server that talks OpenAI's way",
    port: null,
    probe: [{ path: '/v1/models' }],
    on503: 'starting',
  },
  // qdrant src/actix: /readyz is open and 503 while shards are not ready; /collections wants the key, 401 without.
  qdrant: {
    ...plain,
    about: 'Vector database',
    port: 6333,
    probe: [{ path: '/readyz' }, { path: '/collections' }],
    key: 'api-key',
  },
  // text-embeddings-inference: the container's port is 80; /health is open, 200 or 503; /info takes the key.
  tei: {
    ...plain,
    about: 'Embeddings (text-embeddings-inference)',
    port: 80,
    probe: [{ path: '/health' }, { path: '/info', mayBeMissing: true }],
    clientPath: '/v1',
    key: 'bearer',
    deep: 'embedding',
  },
  // Kokoro-FastAPI: no authentication.
  kokoro: { ...plain, about: 'Speech from text (Kokoro-FastAPI)', port: 8880, probe: [{ path: '/health' }], clientPath: '/v1' },
  // There is no one server of this name: port and path are those of parakeet-diarized, and may be changed.
  parakeet: { ...plain, about: 'Text from speech (Parakeet)', port: 8000, probe: [{ path: '/health' }], clientPath: '/v1' },
  // The container's port is 8080 (NVIDIA's playbook maps 12000); /ready is 503 until it started and its database is up; no log-in for these.
  'open-webui': {
    ...plain,
    about: 'Chat page (Open WebUI)',
    port: 8080,
    probe: [{ path: '/health' }, { path: '/ready', mayBeMissing: true }],
  },
  // NIM for LLMs: trust the status of /v1/health/ready, its bodies vary; /v1/health/live is 200 before the model is there.
  nim: {
    ...openAi,
    about: 'NVIDIA NIM for language models',
    port: 8000,
    probe: [{ path: '/v1/health/ready' }],
    on503: 'starting',
  },
  // The gateway; /readyz needs no log-in.
  openclaw: { ...plain, about: 'OpenClaw gateway', port: 18_789, probe: [{ path: '/readyz' }] },
  http: { ...plain, about: 'Anything that answers HTTP', port: 80, probe: [{ path: '/' }] },
  tcp: { ...plain, about: 'Anything that takes a TCP connection', port: null, probe: null },
} as const satisfies Record<string, KindRow>

export type ServiceKind = keyof typeof serviceKinds

/** The row of a kind, in the words that all rows share. */
export const kindOf = (kind: ServiceKind): KindRow => serviceKinds[kind]
