/** How a release of vLLM words its start: scripts that read its log meet all of them. */
export interface Wording {
  readonly version: string
  /** What the engine core calls itself before `pid=`. */
  readonly core: string
  readonly loading: string
  readonly compiled: string
  readonly server: string
}

const wordings = {
  '2026': {
    version: '0.17.1',
    core: 'EngineCore',
    loading: 'Loading safetensors checkpoint shards:',
    compiled: 'torch.compile took',
    server: 'Starting vLLM server on',
  },
  /** As vLLM 0.11 of autumn 2025 has it. */
  '2025': {
    version: '0.11.0',
    core: 'EngineCore_DP0',
    loading: 'Loading safetensors checkpoint shards:',
    compiled: 'torch.compile takes',
    server: 'Starting vLLM API server 0 on',
  },
  /** With `--load-format fastsafetensors`. */
  fastsafetensors: {
    version: '0.17.1',
    core: 'EngineCore',
    loading: 'Loading safetensors using Fastsafetensor loader:',
    compiled: 'torch.compile took',
    server: 'Starting vLLM server on',
  },
} as const satisfies Record<string, Wording>
export type WordingName = keyof typeof wordings

/** The wording that a `log-<name>` in the model's name or `--load-format` asks for, otherwise the host's own. */
export function wordingOf(model: string, loadFormat: string | undefined, usual: WordingName): Wording {
  const named = /(?:^|[-_./])log-(2025|2026|fastsafetensors)(?:$|[-_.])/.exec(model.toLowerCase())?.[1]
  if (named !== undefined) return wordings[named as WordingName] // one of the three, by the pattern
  return loadFormat === 'fastsafetensors' ? wordings.fastsafetensors : wordings[usual]
}
