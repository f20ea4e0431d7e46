/** What `vllm serve` was asked for, as far as the stand-in honours it. */
export type Arguments = {
  readonly model: string
  readonly servedName: string
  readonly port: number
  readonly maxModelLen: number
  readonly gpuMemoryUtilization: number
}

/** Why the words on the command line cannot be used; vLLM's argparse leaves with 2 for it. */
export class UsageError extends Error {}

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
    const word = words[i] ?? ''
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
  return {
    model,
    servedName: flags.get('served-model-name') ?? model,
    port: number('port', flags.get('port'), 8000),
    maxModelLen: number('max-model-len', flags.get('max-model-len'), 32_768),
    gpuMemoryUtilization: number('gpu-memory-utilization', flags.get('gpu-memory-utilization'), 0.9),
  }
}
