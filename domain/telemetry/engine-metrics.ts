/** What an engine counts, as it stood at one moment. Null: its page has no such number. */
export interface EngineCounters {
  readonly running: number | null
  readonly waiting: number | null
  readonly promptTokens: number | null
  readonly generationTokens: number | null
  /** 0 to 1, of the fullest engine. */
  readonly kvCacheUsage: number | null
  readonly ttftSumS: number | null
  readonly ttftCount: number | null
  readonly preemptions: number | null
}

type Field = keyof EngineCounters

/** vLLM's names, of the versions that are about. */
const fields: Readonly<Record<string, Field>> = {
  num_requests_running: 'running',
  num_requests_waiting: 'waiting',
  prompt_tokens_total: 'promptTokens',
  prompt_tokens: 'promptTokens',
  generation_tokens_total: 'generationTokens',
  generation_tokens: 'generationTokens',
  kv_cache_usage_perc: 'kvCacheUsage',
  gpu_cache_usage_perc: 'kvCacheUsage',
  time_to_first_token_seconds_sum: 'ttftSumS',
  time_to_first_token_seconds_count: 'ttftCount',
  num_preemptions_total: 'preemptions',
  num_preemptions: 'preemptions',
}

const none: EngineCounters = {
  ...{ running: null, waiting: null, promptTokens: null, generationTokens: null },
  ...{ kvCacheUsage: null, ttftSumS: null, ttftCount: null, preemptions: null },
}

const line = /^vllm:([a-z_]+)(?:\{.*\})?\s+([0-9.eE+-]+|NaN)(?:\s+-?\d+)?\s*$/

/**
 * Reads an engine's `/metrics`. Several engines of one server are added up. Where a page has a number by its old name and by its new one, it counts once.
 * Null when the page is not vLLM's.
 */
export function readEngineMetrics(text: string): EngineCounters | null {
  const values = new Map<string, number>()
  for (const row of text.split('\n')) {
    if (!row.startsWith('vllm:')) continue
    const [, name, written] = line.exec(row) ?? []
    const field = name === undefined ? undefined : fields[name]
    const value = Number(written)
    if (name === undefined || field === undefined || !Number.isFinite(value) || value < 0) continue
    const before = values.get(name)
    values.set(name, before === undefined ? value : field === 'kvCacheUsage' ? Math.max(before, value) : before + value)
  }
  if (values.size === 0) return null
  const read: Record<string, number> = {}
  for (const [name, value] of values) {
    const field = fields[name]
    if (field !== undefined) read[field] = Math.max(read[field] ?? 0, value)
  }
  return { ...none, ...read }
}
