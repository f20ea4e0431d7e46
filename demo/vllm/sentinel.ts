import { createHash } from 'node:crypto'

/** What a model's name makes its engine do. */
const sentinels = [
  'gated',
  'oom',
  'oom-kill',
  'unsupported-arch',
  'never-healthy',
  'crash-in-warmup',
  'stop-hangs',
  'wrong-name',
  'slow-warm',
] as const
export type Sentinel = (typeof sentinels)[number]

/** The sentinel that stands in the last part of a model's name, as words of its own (`…-oom-7b`, but not `bloom`). The longest counts. */
export function sentinelOf(model: string): Sentinel | null {
  const last = model.replace(/\/$/, '').split('/').at(-1)?.toLowerCase() ?? ''
  const found = sentinels.filter((word) => new RegExp(`(^|[-_.])${word}($|[-_.])`).test(last))
  return found.sort((a, b) => b.length - a.length)[0] ?? null
}

/** How long this model loads: its own fixed place in the range. */
export function loadTime_s(model: string, load_s: number | { readonly min: number; readonly max: number }): number {
  if (typeof load_s === 'number') return load_s
  const place = createHash('sha256').update(model).digest().readUInt16BE(0) / 0xffff
  return load_s.min + place * (load_s.max - load_s.min)
}

/** An engine that gives up while loading: what it prints before the wrapper line, and why in one word. */
export interface EngineFailure {
  readonly cause: string
  readonly lines: readonly string[]
  /** The API server's own error, not the engine core's: no wrapper line follows. */
  readonly inServer?: true
}

/** Thrown where an engine gives up. */
export class Failed extends Error {
  readonly failure: EngineFailure

  constructor(failure: EngineFailure) {
    super(failure.cause)
    this.failure = failure
  }
}

export const failures = {
  gated: (model: string): EngineFailure => ({
    cause: 'gated',
    inServer: true,
    lines: [
      `requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/${model}/resolve/main/config.json`,
      `huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-68f0c0de-5a5a5a5a5a5a5a5a)`,
      `Cannot access gated repo for url https://huggingface.co/${model}/resolve/main/config.json.`,
      `Access to model ${model} is restricted. You must have access to it and be authenticated to access it. Please log in.`,
      `OSError: You are trying to access a gated repo.`,
      `Make sure to have access to it at https://huggingface.co/${model}.`,
    ],
  }),
  unsupportedArchitecture: (): EngineFailure => ({
    cause: 'unsupported_architecture',
    inServer: true,
    lines: [
      `ValueError: Model architectures ['DemoUnheardOfForCausalLM'] are not supported for now. Supported architectures: dict_keys(['GptOssForCausalLM', 'LlamaForCausalLM', 'Qwen3ForCausalLM', 'Qwen3MoeForCausalLM'])`,
    ],
  }),
  outOfMemory: (): EngineFailure => ({
    cause: 'out_of_memory',
    lines: [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9.62 GiB. GPU 0 has a total capacity of 121.63 GiB of which 4.17 GiB is free. Including non-PyTorch memory, this process has 104.44 GiB memory in use.',
    ],
  }),
  killedByKernel: (pid: number): EngineFailure => ({
    cause: 'killed_by_kernel',
    lines: [`[core_client.py:600] Engine core proc EngineCore died unexpectedly, shutting down client. (pid ${String(pid)}, exit code -9)`],
  }),
  shortOfMemory: (free_gib: number, total_gib: number, share: number): EngineFailure => ({
    cause: 'gpu_memory_short',
    lines: [
      `ValueError: Free memory on device cuda:0 (${trimmed(free_gib)}/${trimmed(total_gib)} GiB) on startup is less than desired GPU memory utilization (${String(share)}, ${trimmed(share * total_gib)} GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.`,
    ],
  }),
  tooFewGpus: (wanted: number, here: number): EngineFailure => ({
    cause: 'too_few_gpus',
    inServer: true,
    lines: [
      `ValueError: World size (${String(wanted)}) is larger than the number of available GPUs (${String(here)}) in this node. If this is intentional and you are using:`,
      "- ray, set '--distributed-executor-backend ray'.",
      "- multiprocessing, set '--nnodes' appropriately.",
    ],
  }),
  othersMissing: (ranks: number, after_s: number): EngineFailure => ({
    cause: 'ranks_missing',
    lines: [
      `torch.distributed.DistStoreError: Timed out after ${String(after_s + 1)} seconds waiting for clients. 1/${String(ranks)} clients joined.`,
    ],
  }),
  headMissing: (address: string, port: number, after_s: number): EngineFailure => ({
    cause: 'head_missing',
    lines: [
      `torch.distributed.DistNetworkError: The client socket has timed out after ${String(after_s * 1000)}ms while trying to connect to (${address}, ${String(port)}).`,
    ],
  }),
  portTaken: (): EngineFailure => ({ cause: 'port_taken', inServer: true, lines: ['OSError: [Errno 98] Address already in use'] }),
  noSuchPath: (path: string): EngineFailure => ({
    cause: 'no_such_path',
    inServer: true,
    lines: [
      `huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '${path}'. Use \`repo_type\` argument if needed.`,
      `OSError: Can't load the configuration of '${path}'. If you were trying to load it from 'https://huggingface.co/models', make sure you don't have a local directory with the same name.`,
    ],
  }),
  notDownloaded: (model: string): EngineFailure => ({
    cause: 'not_downloaded',
    inServer: true,
    lines: [
      'huggingface_hub.errors.LocalEntryNotFoundError: An error happened while trying to locate the files on the Hub and we cannot find the appropriate snapshot folder for the specified revision on the local disk. Please check your internet connection and try again.',
      `OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files of ${model}.`,
    ],
  }),
} as const

function trimmed(gib: number): string {
  return String(Math.round(gib * 100) / 100)
}
