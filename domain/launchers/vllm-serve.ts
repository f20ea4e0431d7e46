import { weightsOf, type Knobs, type Model } from '../model.ts'
import type { Argv } from '../names.ts'
import { servesByKnobs } from './parallelism.ts'

type Flag = readonly [keyof Omit<Knobs, 'extra_args'>, string]

/** Knobs with a value, in the order in which they appear on the command line. */
const valueFlags: readonly Flag[] = [
  ['max_model_len', '--max-model-len'],
  ['gpu_memory_utilization', '--gpu-memory-utilization'],
  ['max_num_seqs', '--max-num-seqs'],
  ['max_num_batched_tokens', '--max-num-batched-tokens'],
  ['tensor_parallel_size', '--tensor-parallel-size'],
  ['pipeline_parallel_size', '--pipeline-parallel-size'],
  ['dtype', '--dtype'],
  ['quantization', '--quantization'],
  ['kv_cache_dtype', '--kv-cache-dtype'],
  ['load_format', '--load-format'],
  ['tool_call_parser', '--tool-call-parser'],
  ['reasoning_parser', '--reasoning-parser'],
]
const switches: readonly Flag[] = [
  ['enable_auto_tool_choice', '--enable-auto-tool-choice'],
  ['enable_prefix_caching', '--enable-prefix-caching'],
  ['trust_remote_code', '--trust-remote-code'],
]
/** vLLM turns this on by itself, so that only its negation switches it off. */
const negatable: ReadonlySet<string> = new Set(['--enable-prefix-caching'])

/** Knobs as flags of `vllm serve`. `extra_args` come last and so win over all others. */
export function knobWords(knobs: Knobs): Argv {
  const values = valueFlags.flatMap(([knob, flag]) => (knobs[knob] === undefined ? [] : [flag, String(knobs[knob])]))
  const on = switches.flatMap(([knob, flag]) => {
    if (knobs[knob] === true) return [flag]
    return knobs[knob] === false && negatable.has(flag) ? [flag.replace('--', '--no-')] : []
  })
  return [...values, ...on, ...knobs.extra_args]
}

/** Knobs whose flag stands among the extra arguments as well, which come last and win: what the knob says is then not what runs. */
export function overriddenKnobs(knobs: Knobs): (keyof Knobs)[] {
  const given = new Set(knobs.extra_args.map((word) => (word.split('=', 1)[0] ?? '').replaceAll('_', '-')))
  return [...valueFlags, ...switches].flatMap(([knob, flag]) =>
    knobs[knob] !== undefined && (given.has(flag) || given.has(flag.replace('--', '--no-'))) ? [knob] : [],
  )
}

/** The model's own name, and the one that all models of the cluster have in common, so that clients need not know which of them runs. */
export const servedNames = ({ served_name, alias }: Pick<Model, 'served_name' | 'alias'>): Argv => [
  '--served-model-name',
  served_name,
  ...(alias === null || alias === served_name ? [] : [alias]),
]

/** `vllm serve` for a model on a port. */
export const vllmServe = (model: Model, port: number): Argv => [
  ...['vllm', 'serve', weightsOf(model), '--port', String(port)],
  ...servedNames(model),
  ...knobWords(model.knobs),
]

const utilizationFlag = '--gpu-memory-utilization'
/** vLLM's own default when nobody says otherwise. */
const defaultUtilization = 0.9

/**
 * The share of the memory that vLLM will claim at its start, extra arguments included. 0 where a recipe, a script or an image of the owner starts the
 * engine and no knob tells: then nobody here knows.
 */
export function memoryUtilization(model: Pick<Model, 'knobs'> & Partial<Pick<Model, 'launcher' | 'launch'>>): number {
  const { knobs, launcher = 'docker' } = model
  const args = knobs.extra_args
  const joined = args.findLast((arg) => arg.startsWith(`${utilizationFlag}=`))?.slice(utilizationFlag.length + 1)
  const apart = args[args.lastIndexOf(utilizationFlag) + 1]
  const given = Number(joined ?? (args.includes(utilizationFlag) ? apart : undefined))
  if (Number.isFinite(given) && given > 0 && given <= 1) return given
  return knobs.gpu_memory_utilization ?? (servesByKnobs({ ...model, launcher }) ? defaultUtilization : 0)
}
