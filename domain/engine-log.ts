/** How far a start has come, as its log tells it. `percent` is the stage's own, null where the stage has none. */
export interface EngineProgress {
  readonly stage: string
  readonly percent: number | null
}

export const notStarted: EngineProgress = { stage: 'starting', percent: null }

/** One way a line shows a stage; a captured number is its percentage. In the order of a start. */
const stages: readonly (readonly [RegExp, string])[] = [
  [/vLLM API server version/, 'starting'],
  [/Fetching \d+ files:\s+(\d+)%/, 'downloading weights'],
  [/Starting to load model/, 'loading weights'],
  [/Loading (?:safetensors|pt|bin)\b.*?:\s+(\d+)% Completed/, 'loading weights'],
  [/Loading weights took|Model loading took/, 'weights loaded'],
  [/Dynamo bytecode transform|torch\.compile|Compiling a graph|Using cache directory/, 'compiling'],
  [/Available KV cache memory|GPU KV cache size|Maximum concurrency/, 'sizing the KV cache'],
  [/Capturing CUDA graphs?.*?:\s+(\d+)%/, 'capturing graphs'],
  [/Graph capturing finished|init engine .* took/, 'graphs captured'],
  [/Starting vLLM (?:API )?server|Application startup complete/, 'serving'],
]

/** The progress after one more line: unchanged when the line tells nothing about it. */
export function afterLine(progress: EngineProgress, line: string): EngineProgress {
  for (const [pattern, stage] of stages) {
    const match = pattern.exec(line)
    if (match !== null) return { stage, percent: match[1] === undefined ? null : Number(match[1]) }
  }
  return progress
}

export const showProgress = ({ stage, percent }: EngineProgress): string => (percent === null ? stage : `${stage} ${percent}%`)

export interface LogLine {
  /** docker's own timestamp, as it printed it: where to go on after a cut. */
  readonly at: string | null
  readonly text: string
}

/** One line of `docker logs --timestamps`. A progress bar redraws itself with carriage returns: each drawing is a line. */
export function readLogLine(line: string): LogLine[] {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(line)
  const at = match?.[1] ?? null
  return (match?.[2] ?? line)
    .split('\r')
    .filter((text, i, all) => text !== '' || all.length === 1)
    .map((text) => ({ at, text }))
}

/** The lines of `docker logs --timestamps` as they were written: docker prints the container's two streams one after the other. */
export function inOrder(output: string): string[] {
  const lines = output.split('\n').filter((line) => line !== '')
  return lines
    .map((line) => ({ line, key: orderKey(readLogLine(line)[0]?.at ?? '') }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ line }) => line)
}

/** True when a line is newer than the last one that was read: `--since` shows that one again. Fractions of a second have different lengths. */
export const isNewer = (at: string | null, last: string | null): boolean => at === null || last === null || orderKey(at) > orderKey(last)

function orderKey(timestamp: string): string {
  const [whole = '', fraction = ''] = timestamp.replace(/(Z|[+-]\d\d:\d\d)$/, '').split('.')
  return `${whole}.${fraction.padEnd(9, '0')}`
}
