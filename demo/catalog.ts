import type { StoredModel } from './seed.ts'

/** An entry of the demo's models.yaml. */
export interface DemoModel {
  readonly key: string
  readonly name: string
  readonly repo?: string
  readonly local_path?: string
  readonly launcher?: 'spark-vllm-docker' | 'docker'
  readonly served_name?: string
  /** Hosts, head first. */
  readonly placement?: readonly string[]
  readonly knobs?: Readonly<Record<string, number | string | boolean>>
  readonly notes?: string
  /** Where somebody tells of running it on a Spark. Sizes and memory are left out: these Sparks hold no weights. */
  readonly source?: string
  /** On the disks: all there (default), a download that was broken off, or nothing. */
  readonly stored?: 'complete' | 'partial' | 'no'
}

const known: readonly DemoModel[] = [
  {
    key: 'gpt-oss-120b',
    name: 'gpt-oss 120B',
    repo: 'openai/gpt-oss-120b',
    knobs: { max_model_len: 131072, gpu_memory_utilization: 0.8, reasoning_parser: 'openai_gptoss' },
    source: 'https://github.com/spark-arena/recipe-registry/issues/17',
  },
  {
    key: 'nemotron-3-super-nvfp4',
    name: 'Nemotron 3 Super 120B A12B (NVFP4)',
    repo: 'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4',
    knobs: { max_model_len: 131072, gpu_memory_utilization: 0.85, max_num_seqs: 4, trust_remote_code: true },
    source: 'https://vllm.ai/blog/2026-06-01-vllm-dgx-spark',
  },
  {
    key: 'qwen3.6-35b-a3b-nvfp4',
    name: 'Qwen3.6 35B A3B (NVFP4)',
    repo: 'nvidia/Qwen3.6-35B-A3B-NVFP4',
    knobs: { max_model_len: 131072, gpu_memory_utilization: 0.7 },
    source: 'https://github.com/NVIDIA/dgx-spark-playbooks/blob/main/nvidia/vllm/README.md',
  },
  {
    key: 'qwen3-30b-a3b-fp8',
    name: 'Qwen3 30B A3B (FP8)',
    repo: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
    knobs: { max_model_len: 65536, gpu_memory_utilization: 0.7 },
    source: 'https://conselara.dev/notes/dgx-spark-model-selection/',
  },
  {
    key: 'qwen3-coder-30b-fp8',
    name: 'Qwen3 Coder 30B A3B (FP8)',
    repo: 'Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8',
    knobs: { max_model_len: 131072, gpu_memory_utilization: 0.7, tool_call_parser: 'qwen3_coder', enable_auto_tool_choice: true },
  },
  {
    key: 'llama-3.3-70b-nvfp4',
    name: 'Llama 3.3 70B (NVFP4)',
    repo: 'nvidia/Llama-3.3-70B-Instruct-NVFP4',
    knobs: { max_model_len: 32768, gpu_memory_utilization: 0.8 },
  },
  {
    key: 'gemma-3-27b',
    name: 'Gemma 3 27B',
    repo: 'google/gemma-3-27b-it',
    launcher: 'docker',
    knobs: { max_model_len: 32768, gpu_memory_utilization: 0.65 },
  },
  {
    key: 'mistral-small-3.2',
    name: 'Mistral Small 3.2 24B',
    repo: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
    launcher: 'docker',
    knobs: { max_model_len: 32768, gpu_memory_utilization: 0.65 },
  },
  {
    key: 'glm-4.5-air-fp8',
    name: 'GLM 4.5 Air (FP8)',
    repo: 'zai-org/GLM-4.5-Air-FP8',
    knobs: { max_model_len: 32768, gpu_memory_utilization: 0.88 },
    notes: 'Its download was broken off on these hosts.',
    stored: 'partial',
  },
  {
    key: 'deepseek-r1-llama-70b',
    name: 'DeepSeek R1 Distill Llama 70B',
    repo: 'deepseek-ai/DeepSeek-R1-Distill-Llama-70B',
    knobs: { max_model_len: 16384, gpu_memory_utilization: 0.88, quantization: 'fp8', reasoning_parser: 'deepseek_r1' },
    notes: 'Not downloaded on these hosts.',
    stored: 'no',
  },
  {
    key: 'house-fine-tune',
    name: 'House fine-tune of Llama 3.1 8B',
    local_path: '/models/house-llama-3.1-8b',
    served_name: 'house',
    knobs: { max_model_len: 32768, gpu_memory_utilization: 0.4 },
    notes: 'A folder on the hosts instead of a Hugging Face repository.',
  },
]

const failing: readonly (readonly [word: string, what: string])[] = [
  ['gated', 'its repository wants a login'],
  ['oom', 'the GPU runs out of memory while it loads'],
  ['oom-kill', 'the kernel kills its engine while it loads'],
  ['unsupported-arch', 'vLLM does not know its architecture'],
  ['never-healthy', 'it stops in the middle of loading and says nothing more'],
  ['crash-in-warmup', 'it loads, and dies at the first completion'],
  ['stop-hangs', 'docker stop does not end it'],
  ['wrong-name', 'it serves under another name than asked'],
  ['slow-warm', 'its first completion takes long'],
]

/** The catalog of the demo: models that people run on a Spark, and some that fail, each in its own way. */
export const demoModels: readonly DemoModel[] = [
  ...known,
  ...failing.map(([word, what]) => ({
    key: `demo-${word}`,
    name: `Demo failure: ${word}`,
    repo: `spark-control-demo/${word}`,
    knobs: { max_model_len: 8192, gpu_memory_utilization: 0.5 },
    notes: `A simulated failure: ${what}.`,
  })),
]

/** Models that want both Sparks; their weights are those of one above. */
export const pairModels: readonly DemoModel[] = (['spark-vllm-docker', 'docker'] as const).map((launcher) => ({
  key: launcher === 'docker' ? 'gpt-oss-120b-pair-docker' : 'gpt-oss-120b-pair',
  name: `gpt-oss 120B on two Sparks${launcher === 'docker' ? ' (docker)' : ''}`,
  repo: 'openai/gpt-oss-120b',
  launcher,
  placement: ['spark-1', 'spark-2'],
  knobs: { max_model_len: 131072, gpu_memory_utilization: 0.7, tensor_parallel_size: 2, reasoning_parser: 'openai_gptoss' },
}))

/** What of a model lies on a host's disk. */
export function storedOf(model: DemoModel): StoredModel[] {
  const path = model.repo ?? model.local_path
  return path === undefined || model.stored === 'no' ? [] : [{ model: path, complete: model.stored !== 'partial' }]
}
