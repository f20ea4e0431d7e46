/** What `vllm serve` was asked for, as far as the stand-in honours it. */
export type Arguments = {
  readonly model: string
  readonly servedName: string
  readonly port: number
  readonly maxModelLen: number
  readonly gpuMemoryUtilization: number
  /** Several hosts, each with its own rank; the head's is 0, and the others serve nobody. */
  readonly nodes: number
  readonly rank: number
  readonly masterAddress: string
  readonly masterPort: number
  readonly headless: boolean
}

/** Why the words on the command line cannot be used; vLLM's argparse leaves with 2 for it. */
export class UsageError extends Error {}

const short: Readonly<Record<string, string>> = { '-tp': '--tensor-parallel-size', '-pp': '--pipeline-parallel-size' }

const number = (flag: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) throw new UsageError(`argument --${flag}: invalid value: '${text}'`)
  return value
}

/** Reads `serve MODEL [--flag value | --flag=value | --flag]...`. Throws `UsageError`. Unknown flags are left alone: vLLM has hundreds. */
export function parse(argv: readonly string[]): Arguments {
  const [command, ...words] = argv
  if (command !== 'serve') throw new UsageError(`argument {serve}: invalid choice: '${command ?? ''}'`)
  const flags = new Map<string, string>()
  const positional: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = short[words[i] ?? ''] ?? words[i] ?? ''
    const flag = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word)
    if (flag?.[1] === undefined) {
      positional.push(word)
      continue
    }
    const next = words[i + 1]
    const takesNext = flag[2] === undefined && next !== undefined && !next.startsWith('--')
    flags.set(flag[1], flag[2] ?? (takesNext ? next : ''))
    if (takesNext) i++
  }
  const [positionalModel, ...rest] = positional
  if (rest.length > 0) throw new UsageError(`unrecognized arguments: ${rest.join(' ')}`)
  const model = positionalModel ?? flags.get('model')
  if (model === undefined) throw new UsageError('the following arguments are required: model_tag')
  const [nodes, gpus] = [number('nnodes', flags.get('nnodes'), 1), number('tensor-parallel-size', flags.get('tensor-parallel-size'), 1)]
  if (gpus > nodes) throw new UsageError(`World size (${gpus}) is larger than the number of available GPUs (1) in this node.`)
  return {
    model,
    servedName: flags.get('served-model-name') ?? model,
    port: number('port', flags.get('port'), 8000),
    maxModelLen: number('max-model-len', flags.get('max-model-len'), 32_768),
    gpuMemoryUtilization: number('gpu-memory-utilization', flags.get('gpu-memory-utilization'), 0.9),
    nodes,
    rank: number('node-rank', flags.get('node-rank'), 0),
    masterAddress: flags.get('master-addr') ?? '127.0.0.1',
    masterPort: number('master-port', flags.get('master-port'), 29_501),
    headless: flags.has('headless'),
  }
}
