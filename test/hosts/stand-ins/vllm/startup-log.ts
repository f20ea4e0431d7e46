/** A line of the start, and the share of the load time (0 to 1) after which it comes. */
export type LogLine = { readonly at: number; readonly text: string }

const stamp = (): string => new Date().toISOString().replace(/^\d+-(\d+-\d+)T([\d:]+).*$/, '$1 $2')

/** A line as vLLM's API server writes it. */
export const fromServer = (text: string, source = 'api_server.py:1277'): string =>
  `(APIServer pid=${process.pid}) INFO ${stamp()} [${source}] ${text}`

/** A line as vLLM's engine process writes it. */
export const fromEngine = (text: string, source = 'core.py:77'): string => `(EngineCore pid=${process.pid}) INFO ${stamp()} [${source}] ${text}`

/** The start of a model that loads well, in vLLM's words. The line that tells of the end of it is `startupComplete`. */
export function startupLog(model: string, port: number, loadSeconds: number): LogLine[] {
  const shards = [1, 2, 3, 4, 5].map((shard) => ({
    at: 0.05 + shard * 0.1,
    text: `Loading safetensors checkpoint shards: ${String(shard * 20).padStart(3)}% Completed | ${shard}/5 [00:${String(shard).padStart(2, '0')}<00:${String(5 - shard).padStart(2, '0')},  ${(loadSeconds / 10).toFixed(2)}s/it]`,
  }))
  return [
    { at: 0, text: fromServer('vLLM API server version 0.11.2') },
    { at: 0.05, text: fromEngine(`Starting to load model ${model}...`, 'gpu_model_runner.py:2602') },
    ...shards,
    { at: 0.6, text: fromEngine(`Loading weights took ${(loadSeconds * 0.5).toFixed(2)} seconds`, 'default_loader.py:267') },
    { at: 0.62, text: fromEngine(`Model loading took 14.2488 GiB memory and ${(loadSeconds * 0.6).toFixed(6)} seconds`, 'gpu_model_runner.py:2653') },
    {
      at: 0.65,
      text: fromEngine(
        'Using cache directory: /root/.cache/vllm/torch_compile_cache/0123456789/rank_0_0/backbone for vLLM torch.compile',
        'backends.py:548',
      ),
    },
    { at: 0.7, text: fromEngine('Dynamo bytecode transform time: 4.14 s', 'backends.py:559') },
    { at: 0.8, text: fromEngine('torch.compile took 9.62 s in total', 'monitor.py:34') },
    { at: 0.82, text: fromEngine('Available KV cache memory: 88.31 GiB', 'gpu_worker.py:298') },
    { at: 0.84, text: fromEngine('GPU KV cache size: 1,653,376 tokens', 'kv_cache_utils.py:1087') },
    { at: 0.85, text: fromEngine('Maximum concurrency for 32,768 tokens per request: 50.46x', 'kv_cache_utils.py:1091') },
    { at: 0.9, text: 'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE): 100%|##########| 11/11 [00:01<00:00,  9.42it/s]' },
    { at: 0.95, text: fromEngine('Graph capturing finished in 2 secs, took 0.47 GiB', 'gpu_model_runner.py:3480') },
    { at: 0.97, text: fromEngine(`init engine (profile, create kv cache, warmup model) took ${loadSeconds.toFixed(2)} seconds`, 'core.py:210') },
    { at: 1, text: fromServer(`Starting vLLM server on http://0.0.0.0:${port}`) },
    { at: 1, text: fromServer('Route: /health, Methods: GET', 'launcher.py:44') },
  ]
}

/** The line after which the server answers. */
export const startupComplete = `(APIServer pid=${process.pid}) INFO:     Application startup complete.`

const rootCause = (line: string): string[] => [
  `(EngineCore pid=${process.pid}) ERROR ${stamp()} [core.py:708] ${line}`,
  'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
]

/** How a start ends that fails, in vLLM's words. */
export const failures = {
  gated: (model: string) => [
    `huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-0)`,
    `Cannot access gated repo for url https://huggingface.co/${model}/resolve/main/config.json.`,
    `OSError: You are trying to access a gated repo.`,
  ],
  oom: (_model: string) =>
    rootCause('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.32 GiB. GPU 0 has a total capacity of 121.63 GiB'),
  'unsupported-arch': (_model: string) =>
    rootCause(
      "ValueError: Model architectures ['SparkForCausalLM'] are not supported for now. Supported architectures: dict_keys(['LlamaForCausalLM'])",
    ),
  'no-weights': (model: string) => [
    `OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files. Check ${model}.`,
  ],
  'port-taken': (_model: string) => ['OSError: [Errno 98] Address already in use'],
  'engine-dead': (_model: string) => ['EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.'],
} as const satisfies Record<string, (model: string) => string[]>

export type Failure = keyof typeof failures
