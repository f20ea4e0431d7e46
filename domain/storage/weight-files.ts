/** Weights of one kind in one folder. `consolidated` are Mistral's own, beside which the same weights often lie once more. */
export interface WeightFiles {
  readonly kind: 'safetensors' | 'consolidated' | 'bin' | 'gguf'
  readonly files: number
  readonly bytes: number
}

/** What a look at a folder printed: single facts by their first word, weights, and the text of its config.json. */
export interface FolderWords {
  readonly facts: ReadonlyMap<string, string>
  readonly weights: readonly WeightFiles[]
  readonly config: string | null
}

const weightsLine = /^weights (safetensors|consolidated|bin|gguf) (\d{1,15}) (\d{1,18})$/

/** Reads the lines that the scripts of this folder print. What is not understood is left out. */
export function readFolderWords(stdout: string): FolderWords {
  const at = /(^|\n)config\n/.exec(stdout)
  const head = at === null ? stdout : stdout.slice(0, at.index)
  const weights: WeightFiles[] = []
  const facts = new Map<string, string>()
  for (const line of head.split('\n')) {
    const found = weightsLine.exec(line)
    // the pattern admits these kinds only
    if (found !== null) weights.push({ kind: found[1] as WeightFiles['kind'], files: Number(found[2]), bytes: Number(found[3]) })
    else if (line.includes(' ')) facts.set(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1))
  }
  return { facts, weights, config: at === null ? null : stdout.slice(at.index + at[0].length) }
}

const order = ['safetensors', 'consolidated', 'bin', 'gguf'] as const

/** Which of them an engine loads: the same weights may lie there in several kinds, and count once. */
export const loadedWeights = (weights: readonly WeightFiles[]): WeightFiles | null =>
  order.flatMap((kind) => weights.filter((one) => one.kind === kind && one.files > 0))[0] ?? null
