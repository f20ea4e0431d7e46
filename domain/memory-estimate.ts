import { memoryUtilization } from './launchers/vllm-serve.ts'
import { GiB, gib } from './memory.ts'
import type { Model } from './model.ts'
import { modelShape, type CheckpointFacts, type ModelShape } from './storage/model-shape.ts'
import type { WeightsLook } from './weights.ts'

/** CUDA context, activations and graphs: a reserve, and no measurement. */
const overheadBytes = 4 * GiB

/** What an estimate is made of. Bytes of one host. */
export interface EstimateQuestion {
  readonly model: Model
  readonly weights: WeightsLook | null
  /** On how many hosts it runs: each holds its part. */
  readonly hosts: number
  readonly memTotalBytes: number
  /** What is free now, and what the stop gives back; null where nobody knows how much that is. */
  readonly canBeFreedBytes: number | null
}

/**
 * `too_large` is said only of what is certain: the sum of parts that are all known, or a part of it that does not fit alone. Everything else that cannot be
 * reckoned is `unknown`, with why.
 */
export interface MemoryEstimate {
  readonly verdict: 'fits' | 'too_large' | 'unknown'
  readonly words: string
}

export function memoryEstimate(question: EstimateQuestion): MemoryEstimate {
  const { model, weights, hosts } = question
  const own = model.launch.recipe ?? model.launch.launch_script ?? model.launch.start ?? model.launch.arguments
  if (own !== undefined) return { verdict: 'unknown', words: 'no estimate: its start is not made of its settings' }
  const shape = modelShape(weights?.config ?? null)
  const loaded = weightBytes(model, weights, shape.checkpoint)
  const kv = kvCache(model, shape, hosts)
  const room = roomOf(question)
  if (typeof loaded === 'string') return { verdict: 'unknown', words: `no estimate: ${loaded}` }

  const share = loaded / hosts
  const parts = [`${gib(share)} weights`]
  if (typeof kv === 'string') {
    if (room !== null && share > room.bytes)
      return { verdict: 'too_large', words: `${parts.join()} alone, of ${room.words}; the KV cache is not known: ${kv}` }
    return { verdict: 'unknown', words: `${parts.join()}; the KV cache is not known: ${kv}` }
  }
  parts.push(`${gib(kv.bytes)} KV for ${kv.words}`, `${gib(overheadBytes)} overhead`)
  const need = share + kv.bytes + overheadBytes
  const sum = `${parts.join(' + ')} = ${gib(need)}`
  if (room === null) return { verdict: 'unknown', words: `${sum}; what the stop gives back is not known` }
  return { verdict: need > room.bytes ? 'too_large' : 'fits', words: `${sum} of ${room.words}${need > room.bytes ? '' : manyOf(model, kv.bytes)}` }
}

/** The smaller of what can be freed and of what vLLM may claim. */
function roomOf({ model, memTotalBytes, canBeFreedBytes }: EstimateQuestion): { bytes: number; words: string } | null {
  const utilization = memoryUtilization(model)
  const allowed = utilization * memTotalBytes
  if (canBeFreedBytes === null || allowed < canBeFreedBytes) {
    // What is free may be less; that is not known, and this bound holds all the same.
    return { bytes: allowed, words: `${gib(allowed)} that gpu_memory_utilization ${String(utilization)} allows it` }
  }
  return { bytes: canBeFreedBytes, words: `${gib(canBeFreedBytes)} that can be freed` }
}

/** Bytes in memory of all hosts together, or why they are not known. */
function weightBytes(model: Model, weights: WeightsLook | null, checkpoint: CheckpointFacts | null): number | string {
  const quantization = argumentOf(model, '--quantization') ?? argumentOf(model, '-q') ?? model.knobs.quantization
  const loaded = weights?.loaded ?? null
  if (loaded === null) return model.weights_gib === null ? 'nobody knows how large its weights are' : model.weights_gib * GiB
  if (loaded.kind === 'gguf') return 'a GGUF folder may hold several models'
  if (quantization !== undefined && checkpoint?.quantized !== true) return `vLLM makes the weights smaller while it loads them (${quantization})`
  // vLLM loads a float32 checkpoint as float16 unless told otherwise.
  const dtype = argumentOf(model, '--dtype') ?? model.knobs.dtype ?? 'auto'
  if (checkpoint?.dtype === 'float32' && dtype !== 'float32') return loaded.bytes / 2
  return dtype === 'float32' && checkpoint?.dtype !== 'float32' ? 'it is loaded in another type than it lies there' : loaded.bytes
}

/** What one sequence of the whole context needs on one host: without it vLLM does not start. */
function kvCache(model: Model, shape: ModelShape, hosts: number): { bytes: number; words: string } | string {
  if (!shape.known) return shape.why
  const tokens = contextOf(model, shape)
  if (tokens === null) return 'nothing says how long its context is'
  const size = kvTypeBytes(model, shape.dtype)
  if (size === null) return 'its type is not known'
  const tp = parallel(model, '--tensor-parallel-size', model.knobs.tensor_parallel_size) ?? hosts
  const pp = parallel(model, '--pipeline-parallel-size', model.knobs.pipeline_parallel_size) ?? 1
  if (tp * pp !== hosts) return `it is split into ${String(tp * pp)} parts on ${String(hosts)} hosts`
  const sliding = shape.sliding ?? { layers: 0, window: 0 }
  const perToken = 2 * Math.max(1, shape.kvHeads / tp) * shape.headDim * size
  const kept = (shape.layers - sliding.layers) * tokens + sliding.layers * Math.min(tokens, sliding.window)
  return { bytes: (kept * perToken) / pp, words: `${inWords(tokens)} tokens` }
}

function contextOf(model: Model, shape: Extract<ModelShape, { known: true }>): number | null {
  const given = argumentOf(model, '--max-model-len')
  if (given === undefined) return model.knobs.max_model_len ?? shape.maxPositions
  return /^\d{1,9}$/.test(given) && Number(given) > 0 ? Number(given) : null
}

function kvTypeBytes(model: Model, checkpoint: string | null): number | null {
  const kv = argumentOf(model, '--kv-cache-dtype') ?? model.knobs.kv_cache_dtype ?? 'auto'
  if (kv.startsWith('fp8')) return 1
  const dtype = argumentOf(model, '--dtype') ?? model.knobs.dtype ?? 'auto'
  const name = kv !== 'auto' ? kv : dtype !== 'auto' ? dtype : checkpoint
  if (name === 'float32') return kv === 'auto' && dtype === 'auto' ? 2 : 4
  return name === 'bfloat16' || name === 'float16' || name === 'half' ? 2 : null
}

const parallel = (model: Model, flag: string, knob: number | undefined): number | undefined => {
  const given = argumentOf(model, flag)
  return given === undefined ? knob : Number(given) || undefined
}

/** Of how many sequences at their full length there is talk: vLLM starts with one, and lets the others wait. */
const manyOf = ({ knobs }: Model, bytes: number): string =>
  knobs.max_num_seqs === undefined || knobs.max_num_seqs === 1
    ? ''
    : `; all ${String(knobs.max_num_seqs)} sequences at full length would need ${gib(bytes * knobs.max_num_seqs)} KV, and wait for each other`

/** Extra arguments come last on the command line and win over the knobs. */
function argumentOf({ knobs: { extra_args: args } }: Model, flag: string): string | undefined {
  const at = args.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`))
  const word = args[at]
  return word === undefined ? undefined : word === flag ? (args[at + 1] ?? '') : word.slice(flag.length + 1)
}

const inWords = (tokens: number): string => (tokens % 1024 === 0 ? `${String(tokens / 1024)}k` : String(tokens))
