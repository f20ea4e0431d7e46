/** How far a start has come, as its log tells it. `percent` is the stage's own, null where the stage has none. */
export interface EngineProgress {
  readonly stage: string
  readonly percent: number | null
}

export const notStarted: EngineProgress = { stage: 'starting', percent: null }

/** What telling lines are searched in: what tells stands in front, and some lines are as long as a list of all architectures. */
const telling = 2_000

/**
 * The stages in the order of a start, each with the ways in which a line shows it; a captured number is its percentage. Wording drifts between versions:
 * substrings only. vLLM from 0.10 to 0.32, and llama.cpp's server.
 */
const stages: readonly (readonly [string, readonly RegExp[]])[] = [
  ['starting', [/vLLM API server version/, /Initializing a V\d LLM engine/]],
  ['downloading weights', [/Fetching \d+ files:\s+(\d+)%/, /Downloading shards:\s+(\d+)%/, /\.safetensors:\s+(\d+)%\|/]],
  [
    'loading weights',
    [
      /Starting to load model/,
      /Loading (?:safetensors|pt|bin|gguf)\b.*?:\s+(\d+)% Completed/,
      /Multi-thread loading shards:\s+(\d+)% Completed/,
      /\[RunAI Streamer\].*?(\d+)%/,
      /load_model: loading model/,
    ],
  ],
  ['weights loaded', [/Loading weights took|[Mm]odel loading took/, /\binit: model loaded/]],
  ['compiling', [/Dynamo bytecode transform|torch\.compile (?:takes|took)|Compiling a graph|torch_compile_cache|Directly load the compiled graph/]],
  ['sizing the KV cache', [/Available KV cache memory|[CG]PU KV cache size|# (?:GPU|cuda) blocks|Maximum concurrency/]],
  ['warming kernels', [/DeepGemm.*?warmup.*?:\s+(\d+)%/, /autotun(?:ing|er)/i]],
  ['capturing graphs', [/Capturing CUDA graphs? (?!\(decode).*?:\s+(\d+)%/, /Capturing CUDA graphs?:\s+(\d+)%/]],
  ['capturing decode graphs', [/Capturing CUDA graphs? \(decode.*?:\s+(\d+)%/]],
  ['graphs captured', [/Graph capturing finished/]],
  ['engine ready', [/init engine .* took/]],
  ['serving', [/Starting vLLM (?:API )?server|Application startup complete/, /listening on http|server is listening/]],
]
const place = new Map(stages.map(([stage], at) => [stage, at]))

/**
 * The progress after one more line: unchanged when the line tells nothing new. It never goes back: the ranks of one model write into one log, each with
 * its own bar, and a draft model is loaded after the model is.
 */
export function afterLine(progress: EngineProgress, line: string): EngineProgress {
  const shown = stageIn(line.slice(0, telling))
  if (shown === null) return progress
  const ahead = (place.get(shown.stage) ?? 0) - (place.get(progress.stage) ?? 0)
  if (ahead > 0 || (ahead === 0 && shown.stage !== progress.stage)) return shown
  if (ahead < 0 || (shown.percent ?? -1) <= (progress.percent ?? -1)) return progress
  return shown
}

function stageIn(line: string): EngineProgress | null {
  for (const [stage, patterns] of stages) {
    for (const pattern of patterns) {
      const match = pattern.exec(line)
      if (match !== null) return { stage, percent: match[1] === undefined ? null : Math.min(100, Number(match[1])) }
    }
  }
  return null
}

export const showProgress = ({ stage, percent }: EngineProgress): string => (percent === null ? stage : `${stage} ${percent}%`)
