import type { VllmArguments } from './arguments.ts'
import type { Wording } from './wording.ts'

type StartupAct = 'find_model' | 'bind_port' | 'gather' | 'check_memory' | 'hold_weights' | 'half_loaded' | 'hold_all'

/** One moment of a start: at which part of the load time (0–1), who says what, and what is done just before it is said. */
export interface StartupStep {
  readonly at: number
  readonly by: 'APIServer' | 'EngineCore' | 'tqdm'
  /** `file.py:line` of the logger; tqdm has none. */
  readonly source?: string
  readonly text: string
  readonly act?: StartupAct
  /** Share of the weights in memory after `hold_weights`. */
  readonly weights?: number
}

/** How many tokens the KV cache of an engine with this much memory has room for. */
export function cacheTokens(held_gib: number): number {
  return Math.round(held_gib * 0.3 * 14_500)
}

/** What happens when, from the first line to the last one before the server listens, or before a headless rank is at work. */
export function startupSteps(args: VllmArguments, load_s: number, held_gib: number, enforceEager: boolean, wording: Wording): StartupStep[] {
  const weights_gib = held_gib * 0.62
  const kv_gib = held_gib * 0.3
  const kv_tokens = cacheTokens(held_gib)
  const shards = Math.max(2, Math.round(weights_gib / 5))
  const took = (share: number): string => (load_s * share).toFixed(2)
  const server = (at: number, source: string, text: string, act?: StartupAct): StartupStep => ({
    at,
    by: 'APIServer',
    source,
    text,
    ...(act && { act }),
  })
  const core = (at: number, source: string, text: string, act?: StartupAct): StartupStep => ({
    at,
    by: 'EngineCore',
    source,
    text,
    ...(act && { act }),
  })
  const bar = (at: number, text: string, more: Partial<StartupStep> = {}): StartupStep => ({ at, by: 'tqdm', text, ...more })

  const loading = Array.from({ length: shards + 1 }, (_, done) => {
    const text = `${wording.loading} ${String(Math.round((100 * done) / shards)).padStart(3)}% Completed | ${String(done)}/${String(shards)} [00:${String(Math.round(0.48 * load_s * (done / shards))).padStart(2, '0')}<00:${String(Math.round(0.48 * load_s * (1 - done / shards))).padStart(2, '0')},  ${took(0.48 / shards)}s/it]`
    return bar(0.14 + 0.46 * (done / shards), text, { act: done === Math.ceil(shards / 2) ? 'half_loaded' : 'hold_weights', weights: done / shards })
  })
  const graphs = enforceEager
    ? []
    : [
        bar(0.86, 'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE): 100%|██████████| 11/11 [00:01<00:00,  7.05it/s]'),
        bar(0.91, 'Capturing CUDA graphs (decode, FULL): 100%|██████████| 7/7 [00:00<00:00,  8.41it/s]'),
        core(0.92, 'gpu_model_runner.py:4244', `Graph capturing finished in ${took(0.12)} secs, took 0.61 GiB`),
      ]
  const world = `world_size=${String(args.worldSize)} rank=${String(args.rank)} local_rank=0 distributed_init_method=tcp://${args.masterAddress}:${String(args.masterPort)} backend=nccl`
  const opening = args.headless
    ? [
        server(
          0,
          'serve.py:154',
          `Launching vLLM (v${wording.version}) headless multiproc executor, with head node address ${args.masterAddress}:${String(args.masterPort)} for torch.distributed process group.`,
        ),
      ]
    : [server(0, 'api_server.py:1977', `vLLM API server version ${wording.version}`)]
  const closing = args.headless
    ? []
    : [
        server(0.97, 'api_server.py:2019', `${wording.server} http://${args.host}:${String(args.port)}`),
        server(0.98, 'launcher.py:37', 'Available routes are:'),
        ...['/health, Methods: GET', '/v1/models, Methods: GET', '/v1/chat/completions, Methods: POST', '/metrics, Methods: GET'].map((route) =>
          server(0.98, 'launcher.py:46', `Route: ${route}`),
        ),
      ]
  return [
    ...opening,
    server(
      0.01,
      'utils.py:253',
      `non-default args: {'model_tag': '${args.model}', 'port': ${String(args.port)}, 'gpu_memory_utilization': ${String(args.gpuMemoryUtilization)}}`,
    ),
    server(0.04, 'model.py:637', 'Resolved architecture: DemoForCausalLM', 'find_model'),
    server(0.05, 'model.py:1750', `Using max model len ${String(args.maxModelLen)}`, args.headless ? undefined : 'bind_port'),
    core(
      0.08,
      'core.py:93',
      `Initializing a V1 LLM engine (v${wording.version}) with config: model='${args.model}', max_seq_len=${String(args.maxModelLen)}`,
    ),
    core(0.1, 'parallel_state.py:1208', world, 'gather'),
    core(0.11, 'gpu_worker.py:102', 'Worker is on cuda:0', 'check_memory'),
    core(0.12, 'gpu_model_runner.py:2602', `Starting to load model ${args.model}...`),
    ...loading,
    core(0.61, 'default_loader.py:267', `Loading weights took ${took(0.46)} seconds`),
    core(0.62, 'gpu_model_runner.py:2653', `Model loading took ${weights_gib.toFixed(4)} GiB memory and ${took(0.5)} seconds`),
    core(
      0.64,
      'backends.py:548',
      "Using cache directory: /root/.cache/vllm/torch_compile_cache/8f14e45fce/rank_0_0/backbone for vLLM's torch.compile",
    ),
    core(0.7, 'backends.py:559', `Dynamo bytecode transform time: ${took(0.06)} s`),
    core(0.78, 'monitor.py:34', `${wording.compiled} ${took(0.14)} s in total`),
    core(0.8, 'gpu_worker.py:298', `Available KV cache memory: ${kv_gib.toFixed(2)} GiB`, 'hold_all'),
    core(0.81, 'kv_cache_utils.py:1087', `GPU KV cache size: ${kv_tokens.toLocaleString('en-US')} tokens`),
    core(
      0.81,
      'kv_cache_utils.py:1091',
      `Maximum concurrency for ${args.maxModelLen.toLocaleString('en-US')} tokens per request: ${(kv_tokens / args.maxModelLen).toFixed(2)}x`,
    ),
    ...graphs,
    core(0.94, 'core.py:210', `init engine (profile, create kv cache, warmup model) took ${took(0.32)} seconds`),
    ...closing,
  ]
}
