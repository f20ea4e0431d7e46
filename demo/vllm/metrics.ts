import type { Admission } from './admission.ts'

type Reason = 'stop' | 'length' | 'abort'

/** What an engine counts, and how it tells it at `/metrics`, under vLLM's names. */
export class EngineMetrics {
  readonly #admission: Admission
  #promptTokens = 0
  #generatedTokens = 0
  readonly #finished = { stop: 0, length: 0, abort: 0 }
  readonly #latencies_s: number[] = []
  readonly #firstTokens_s: number[] = []
  #toldPrompt = 0
  #toldGenerated = 0

  constructor(admission: Admission) {
    this.#admission = admission
  }

  firstToken(promptTokens: number, after_s: number): void {
    this.#promptTokens += promptTokens
    this.#firstTokens_s.push(after_s)
  }

  token(): void {
    this.#generatedTokens += 1
  }

  finished(reason: Reason, took_s: number): void {
    this.#finished[reason] += 1
    this.#latencies_s.push(took_s)
  }

  /** Prometheus text. */
  text(model: string, maxModelLen: number): string {
    const labels = `engine="0",model_name="${model}"`
    const single = (name: string, type: string, value: number): string[] => [
      `# TYPE vllm:${name} ${type}`,
      `vllm:${name}{${labels}} ${Number.isInteger(value) ? value.toFixed(1) : String(value)}`,
    ]
    const histogram = (name: string, values: readonly number[], bounds: readonly number[]): string[] => [
      `# TYPE vllm:${name} histogram`,
      ...bounds.map((le) => `vllm:${name}_bucket{${labels},le="${String(le)}"} ${values.filter((value) => value <= le).length.toFixed(1)}`),
      `vllm:${name}_bucket{${labels},le="+Inf"} ${values.length.toFixed(1)}`,
      `vllm:${name}_count{${labels}} ${values.length.toFixed(1)}`,
      `vllm:${name}_sum{${labels}} ${String(values.reduce((sum, value) => sum + value, 0))}`,
    ]
    const { running, waiting, cacheUsage, preemptions } = this.#admission
    return [
      ...single('num_requests_running', 'gauge', running),
      ...single('num_requests_waiting', 'gauge', waiting),
      ...single('engine_sleep_state', 'gauge', 0),
      ...single('kv_cache_usage_perc', 'gauge', cacheUsage),
      ...single('num_preemptions_total', 'counter', preemptions),
      ...single('prefix_cache_queries_total', 'counter', this.#promptTokens),
      ...single('prefix_cache_hits_total', 'counter', 0),
      ...single('prompt_tokens_total', 'counter', this.#promptTokens),
      ...single('generation_tokens_total', 'counter', this.#generatedTokens),
      '# TYPE vllm:request_success_total counter',
      ...Object.entries(this.#finished).map(
        ([reason, count]) => `vllm:request_success_total{${labels},finished_reason="${reason}"} ${count.toFixed(1)}`,
      ),
      '# TYPE vllm:cache_config_info gauge',
      `vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="${String(Math.ceil(maxModelLen / 8))}"} 1.0`,
      ...histogram(
        'time_to_first_token_seconds',
        this.#firstTokens_s,
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10],
      ),
      ...histogram('e2e_request_latency_seconds', this.#latencies_s, [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 60]),
      '',
    ].join('\n')
  }

  /** The line for the log, or null when nothing happened since the last one. */
  throughput(since_s: number): string | null {
    const { running, waiting, cacheUsage } = this.#admission
    const prompt = this.#promptTokens - this.#toldPrompt
    const generated = this.#generatedTokens - this.#toldGenerated
    if (prompt + generated + running === 0) return null
    this.#toldPrompt = this.#promptTokens
    this.#toldGenerated = this.#generatedTokens
    const rate = (tokens: number): string => (tokens / since_s).toFixed(1)
    return `Engine 000: Avg prompt throughput: ${rate(prompt)} tokens/s, Avg generation throughput: ${rate(generated)} tokens/s, Running: ${String(running)} reqs, Waiting: ${String(waiting)} reqs, GPU KV cache usage: ${(100 * cacheUsage).toFixed(1)}%, Prefix cache hit rate: 0.0%`
  }
}
