import { Knobs } from '../model.ts'
import type { Argv } from '../names.ts'
import { looksSecret } from './environment.ts'

/** What a running vLLM was told, in the words of the catalog. */
export interface VllmArguments {
  /** The repository, or the folder as its container sees it; null when the command line does not say it. */
  readonly weights: string | null
  readonly port: number | null
  /** The first is the one that we keep. */
  readonly servedNames: readonly string[]
  readonly knobs: Knobs
  /** Hosts that it runs on together; 1 where nothing is said. */
  readonly nodes: number
  /** 0 for the head. */
  readonly rank: number
  readonly masterPort: number | null
  readonly ray: boolean
  /** Flags whose values are nobody's to know. They are in no other field. */
  readonly secretFlags: readonly string[]
  /** It listens on a socket file in place of a port. */
  readonly socket: boolean
}

type Knob = keyof Omit<Knobs, 'extra_args'>

const short: Readonly<Record<string, string>> = {
  '-tp': '--tensor-parallel-size',
  '-pp': '--pipeline-parallel-size',
  '-q': '--quantization',
  '-n': '--nnodes',
}
const numbers: ReadonlySet<string> = new Set<Knob>([
  'max_model_len',
  'gpu_memory_utilization',
  'max_num_seqs',
  'max_num_batched_tokens',
  'tensor_parallel_size',
  'pipeline_parallel_size',
])
const words: ReadonlySet<string> = new Set<Knob>(['dtype', 'quantization', 'kv_cache_dtype', 'load_format', 'tool_call_parser', 'reasoning_parser'])
const switches: ReadonlySet<string> = new Set<Knob>(['enable_auto_tool_choice', 'enable_prefix_caching', 'trust_remote_code'])
/** Set by the launchers at each start; `host` is where it listens, which is everywhere. */
const launchers: ReadonlySet<string> = new Set(['model', 'model-tag', 'port', 'host', 'nnodes', 'node-rank', 'master-addr', 'master-port', 'uds'])
const secret = /^(hf-token|api-key|token)$|(^|-)(secret|password|api-key|access-token)(-|$)/

interface Flag {
  readonly name: string
  readonly values: readonly string[]
  /** As they were written. */
  readonly written: Argv
}

/** Reads the arguments of `vllm serve` or of its server module. What has no knob stays in `extra_args`, word by word and in order. */
export function readVllmArguments(argv: Argv): VllmArguments {
  const [first, ...rest] = argv
  const positional = first === undefined || first.startsWith('-') ? null : first
  const flags = flagsOf(positional === null ? argv : rest)
  const valueOf = (...names: string[]): string | undefined => flags.findLast((flag) => names.includes(flag.name))?.values[0]
  const knobs: Record<string, unknown> = {}
  const extra: string[] = []
  let ray = false
  for (const flag of flags) {
    if (launchers.has(flag.name) || flag.name === 'served-model-name' || flag.name === 'headless' || isSecret(flag)) continue
    if (flag.name === 'distributed-executor-backend' && flag.values[0] === 'ray') ray = true
    else if (!known(flag, knobs)) extra.push(...flag.written)
  }
  return {
    weights: positional ?? valueOf('model', 'model-tag') ?? null,
    port: whole(valueOf('port')),
    servedNames: flags.findLast((flag) => flag.name === 'served-model-name')?.values ?? [],
    knobs: Knobs.parse({ ...knobs, extra_args: extra.filter(printable).slice(0, 64) }),
    nodes: whole(valueOf('nnodes')) ?? 1,
    rank: whole(valueOf('node-rank')) ?? (flags.some((flag) => flag.name === 'headless') ? 1 : 0),
    masterPort: whole(valueOf('master-port')),
    ray,
    secretFlags: [...new Set(flags.filter(isSecret).map((flag) => `--${flag.name}`))],
    socket: flags.some((flag) => flag.name === 'uds'),
  }
}

/** A flag reaches to the next word with a dash that is no number. */
function flagsOf(argv: Argv): Flag[] {
  const flags: { name: string; values: string[]; written: string[] }[] = []
  for (const word of argv) {
    const last = flags.at(-1)
    if (!/^-/.test(word) || /^-\d/.test(word)) {
      if (last === undefined) continue
      last.values.push(word)
      last.written.push(word)
      continue
    }
    const [before, ...after] = word.split('=')
    const long = short[before ?? ''] ?? before ?? ''
    flags.push({ name: long.replace(/^--?/, '').replaceAll('_', '-'), values: after.length > 0 ? [after.join('=')] : [], written: [word] })
  }
  return flags
}

/** True when the flag became a knob. A value that the catalog has no place for is left as it was written. */
function known({ name, values }: Flag, knobs: Record<string, unknown>): boolean {
  const off = name.startsWith('no-')
  const knob = (off ? name.slice(3) : name).replaceAll('-', '_')
  const [value] = values
  let given: unknown
  if (switches.has(knob) && values.length === 0) given = !off
  else if (numbers.has(knob) && values.length === 1 && !off && /^\d+(\.\d+)?$/.test(value ?? '')) given = Number(value)
  else if (words.has(knob) && values.length === 1 && !off) given = value
  else return false
  if (!Knobs.safeParse({ [knob]: given }).success) return false
  knobs[knob] = given
  return true
}

const isSecret = ({ name, values }: Flag): boolean => secret.test(name) || values.some((value) => looksSecret('', value))
const printable = (word: string): boolean => !/\p{Cc}/u.test(word) && word.length <= 4096

function whole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : null
}
