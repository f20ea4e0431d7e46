/** What `vllm serve` was told, as far as the simulation acts on it. */
export interface VllmArguments {
  readonly model: string
  readonly port: number
  readonly host: string
  readonly servedNames: readonly string[]
  readonly maxModelLen: number
  readonly gpuMemoryUtilization: number
  readonly apiKey: string | undefined
  readonly maxNumSeqs: number
  /** Several hosts, each with its own rank. */
  readonly nodes: number
  readonly rank: number
  readonly masterAddress: string
  readonly masterPort: number
  /** A worker's: it serves nobody. */
  readonly headless: boolean
  /** How many GPUs it wants in all; a Spark has one. */
  readonly worldSize: number
  readonly byRay: boolean
  readonly loadFormat: string | undefined
}

/** argparse refuses: usage and reason on stderr, exit 2. */
export class UsageError extends Error {}

const bare = [
  'async-scheduling',
  'aggregate-engine-logging',
  'disable-cascade-attn',
  'disable-custom-all-reduce',
  'disable-fastapi-docs',
  'disable-hybrid-kv-cache-manager',
  'disable-log-requests',
  'disable-log-stats',
  'disable-uvicorn-access-log',
  'enable-auto-tool-choice',
  'enable-chunked-prefill',
  'enable-expert-parallel',
  'enable-flashinfer-autotune',
  'enable-force-include-usage',
  'enable-log-requests',
  'enable-lora',
  'enable-prefix-caching',
  'enable-prompt-tokens-details',
  'enable-request-id-headers',
  'enable-server-load-tracking',
  'enable-sleep-mode',
  'enforce-eager',
  'headless',
  'language-model-only',
  'return-tokens-as-token-ids',
  'skip-tokenizer-init',
  'trust-remote-code',
]

const single = [
  'allowed-headers',
  'allowed-methods',
  'allowed-origins',
  'api-server-count',
  'attention-backend',
  'block-size',
  'chat-template',
  'chat-template-content-format',
  'code-revision',
  'compilation-config',
  'config',
  'config-format',
  'cpu-offload-gb',
  'cuda-graph-sizes',
  'data-parallel-size',
  'default-chat-template-kwargs',
  'distributed-executor-backend',
  'download-dir',
  'dtype',
  'generation-config',
  'gpu-memory-utilization',
  'guided-decoding-backend',
  'hf-config-path',
  'hf-overrides',
  'hf-token',
  'host',
  'kernel-config',
  'kv-cache-dtype',
  'kv-cache-memory-bytes',
  'kv-transfer-config',
  'limit-mm-per-prompt',
  'load-format',
  'logits-processors',
  'mamba-cache-dtype',
  'mamba-ssm-cache-dtype',
  'master-addr',
  'master-port',
  'max-cudagraph-capture-size',
  'max-log-len',
  'max-logprobs',
  'max-lora-rank',
  'max-loras',
  'max-model-len',
  'max-num-batched-tokens',
  'max-num-seqs',
  'max-parallel-loading-workers',
  'middleware',
  'mm-encoder-tp-mode',
  'mm-processor-cache-gb',
  'mm-processor-kwargs',
  'model-loader-extra-config',
  'moe-backend',
  'nnodes',
  'node-rank',
  'override-generation-config',
  'pipeline-parallel-size',
  'port',
  'prefix-caching-hash-algo',
  'quantization',
  'reasoning-parser',
  'reasoning-parser-plugin',
  'response-role',
  'revision',
  'root-path',
  'runner',
  'scheduling-policy',
  'seed',
  'speculative-config',
  'ssl-certfile',
  'ssl-keyfile',
  'stream-interval',
  'structured-outputs-config',
  'swap-space',
  'tensor-parallel-size',
  'tokenizer',
  'tokenizer-mode',
  'tokenizer-revision',
  'tool-call-parser',
  'tool-parser-plugin',
  'uvicorn-log-level',
  'convert',
]

const several = ['served-model-name', 'lora-modules', 'api-key']
const short: Readonly<Record<string, string>> = {
  '-tp': 'tensor-parallel-size',
  '-pp': 'pipeline-parallel-size',
  '-dp': 'data-parallel-size',
  '-q': 'quantization',
  '-cc': 'compilation-config',
}
const whole = [
  'port',
  'max-model-len',
  'max-num-seqs',
  'max-num-batched-tokens',
  'tensor-parallel-size',
  'pipeline-parallel-size',
  'nnodes',
  'node-rank',
  'master-port',
]

/** Reads the words after `vllm serve`. Throws UsageError for what vLLM's own parser would refuse. */
export function readArguments(words: readonly string[], env: Readonly<Record<string, string>>): VllmArguments {
  const found = new Map<string, string[]>()
  const models: string[] = []
  const unknown: string[] = []
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!word.startsWith('-') || word === '-') {
      ;(models.length === 0 ? models : unknown).push(word)
      continue
    }
    const [flag = '', ...given] = word.split('=')
    const name = short[flag] ?? flag.slice(2).replaceAll('_', '-')
    const root = name.split('.')[0] ?? name // `--hf-overrides.rope_scaling.factor 2`
    const value = given.length > 0 ? given.join('=') : undefined
    if (bare.includes(name.replace(/^no-/, ''))) found.set(name, [])
    else if (several.includes(name)) found.set(name, value === undefined ? takeWords(queue) : [value])
    else if (single.includes(root)) {
      const taken = value ?? queue.shift()
      if (taken === undefined) throw new UsageError(`argument --${name}: expected one argument`)
      found.set(name, [taken])
    } else if (!/^-O\d?$/.test(word)) unknown.push(word)
  }
  if (unknown.length > 0) throw new UsageError(`unrecognized arguments: ${unknown.join(' ')}`)
  for (const name of whole) {
    const value = found.get(name)?.[0]
    if (value !== undefined && !/^\d+[kKmM]?$/.test(value)) throw new UsageError(`argument --${name}: invalid int value: '${value}'`)
  }
  const model = models[0] ?? 'Qwen/Qwen3-0.6B'
  const utilization = Number(found.get('gpu-memory-utilization')?.[0] ?? 0.9)
  if (!(utilization > 0 && utilization <= 1))
    throw new UsageError(`argument --gpu-memory-utilization: Value must be in (0, 1], got ${found.get('gpu-memory-utilization')?.[0] ?? ''}`)
  const number = (name: string, otherwise: number): number => Number(found.get(name)?.[0] ?? otherwise)
  return {
    model,
    port: Number(found.get('port')?.[0] ?? 8000),
    host: found.get('host')?.[0] ?? '0.0.0.0',
    servedNames: found.get('served-model-name') ?? [model],
    maxModelLen: tokens(found.get('max-model-len')?.[0] ?? '131072'),
    gpuMemoryUtilization: utilization,
    apiKey: found.get('api-key')?.[0] ?? env['VLLM_API_KEY'],
    maxNumSeqs: number('max-num-seqs', 256),
    nodes: number('nnodes', 1),
    rank: number('node-rank', 0),
    masterAddress: found.get('master-addr')?.[0] ?? '127.0.0.1',
    masterPort: number('master-port', 29_501),
    headless: found.has('headless'),
    worldSize: number('tensor-parallel-size', 1) * number('pipeline-parallel-size', 1),
    loadFormat: found.get('load-format')?.[0],
    byRay: found.get('distributed-executor-backend')?.[0] === 'ray',
  }
}

function takeWords(queue: string[]): string[] {
  const end = queue.findIndex((word) => word.startsWith('-'))
  return queue.splice(0, end < 0 ? queue.length : end)
}

/** `32k` is 32,000 and `32K` is 32,768 to vLLM. */
function tokens(text: string): number {
  const factor = { k: 1000, K: 1024, m: 1_000_000, M: 1_048_576 }[text.slice(-1)]
  return factor === undefined ? Number(text) : Number(text.slice(0, -1)) * factor
}
