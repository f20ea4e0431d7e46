/** What an engine counts, and how it tells it at `/metrics`, under vLLM's names. */
export class EngineMetrics {
  running = 0
  promptTokens = 0
  generatedTokens = 0
  readonly #finished = { stop: 0, length: 0, abort: 0 }
  readonly #latencies_s: number[] = []
  #toldPrompt = 0
  #toldGenerated = 0

  started(promptTokens: number): void {
    this.running += 1
    this.promptTokens += promptTokens
  }

  finished(reason: 'stop' | 'length' | 'abort', tokens: number, took_s: number): void {
    this.running -= 1
    this.generatedTokens += tokens
    this.#finished[reason] += 1
    this.#latencies_s.push(took_s)
  }

  /** Prometheus text. */
  text(model: string, maxModelLen: number): string {
    const labels = `engine="0",model_name="${model}"`
    const single = (name: string, type: string, value: number): string[] => [
      `# TYPE vllm:${name} ${type}`,
      `vllm:${name}{${labels}} ${value.toFixed(1)}`,
    ]
    const histogram = (name: string, values: readonly number[]): string[] => [
      `# TYPE vllm:${name} histogram`,
      ...[0.1, 1, 10].map((le) => `vllm:${name}_bucket{${labels},le="${le.toFixed(1)}"} ${values.filter((value) => value <= le).length.toFixed(1)}`),
      `vllm:${name}_bucket{${labels},le="+Inf"} ${values.length.toFixed(1)}`,
      `vllm:${name}_count{${labels}} ${values.length.toFixed(1)}`,
      `vllm:${name}_sum{${labels}} ${String(values.reduce((sum, value) => sum + value, 0))}`,
    ]
    return [
      ...single('num_requests_running', 'gauge', this.running),
      ...single('num_requests_waiting', 'gauge', 0),
      ...single('engine_sleep_state', 'gauge', 0),
      ...single('kv_cache_usage_perc', 'gauge', this.#cacheUsage()),
      ...single('num_preemptions_total', 'counter', 0),
      ...single('prefix_cache_queries_total', 'counter', this.promptTokens),
      ...single('prefix_cache_hits_total', 'counter', 0),
      ...single('prompt_tokens_total', 'counter', this.promptTokens),
      ...single('generation_tokens_total', 'counter', this.generatedTokens),
      '# TYPE vllm:request_success_total counter',
      ...Object.entries(this.#finished).map(
        ([reason, count]) => `vllm:request_success_total{${labels},finished_reason="${reason}"} ${count.toFixed(1)}`,
      ),
      '# TYPE vllm:cache_config_info gauge',
      `vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="${String(Math.ceil(maxModelLen / 8))}"} 1.0`,
      ...histogram(
        'time_to_first_token_seconds',
        this.#latencies_s.map((value) => value / 4),
      ),
      ...histogram('e2e_request_latency_seconds', this.#latencies_s),
      '',
    ].join('\n')
  }

  /** The line for the log, or null when nothing happened since the last one. */
  throughput(since_s: number): string | null {
    const prompt = this.promptTokens - this.#toldPrompt
    const generated = this.generatedTokens - this.#toldGenerated
    if (prompt + generated + this.running === 0) return null
    this.#toldPrompt = this.promptTokens
    this.#toldGenerated = this.generatedTokens
    const rate = (tokens: number): string => (tokens / since_s).toFixed(1)
    return `Engine 000: Avg prompt throughput: ${rate(prompt)} tokens/s, Avg generation throughput: ${rate(generated)} tokens/s, Running: ${String(this.running)} reqs, Waiting: 0 reqs, GPU KV cache usage: ${(100 * this.#cacheUsage()).toFixed(1)}%, Prefix cache hit rate: 0.0%`
  }

  #cacheUsage(): number {
    return Math.min(1, this.running * 0.004)
  }
}
