import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GiB } from '../../domain/memory.ts'
import { memoryEstimate, type EstimateQuestion } from '../../domain/memory-estimate.ts'
import { Knobs, type Model } from '../../domain/model.ts'
import type { WeightsLook } from '../../domain/weights.ts'
import { modelShape } from '../../domain/storage/model-shape.ts'
import { modelWith } from './launchers/sample.ts'

/** In the manner of a Llama of 8 billion parameters. */
const llama = {
  architectures: ['LlamaForCausalLM'],
  ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, hidden_size: 4096, max_position_embeddings: 131_072 },
  torch_dtype: 'bfloat16',
}
const weightsOf = (bytes: number, config: object | null, kind: 'safetensors' | 'gguf' = 'safetensors'): WeightsLook => ({
  ...{ path: '/w', state: 'there', loaded: { kind, files: 4, bytes } },
  config: config === null ? null : JSON.stringify(config),
})
const model = (knobs: object = {}, more: Partial<Model> = {}): Model =>
  modelWith({ knobs: Knobs.parse({ max_model_len: 131_072, gpu_memory_utilization: 0.95, ...knobs }), ...more })
const ask = (more: Partial<EstimateQuestion> = {}) =>
  memoryEstimate({ model: model(), weights: weightsOf(15 * GiB, llama), hosts: 1, memTotalBytes: 121 * GiB, canBeFreedBytes: 110 * GiB, ...more })

describe('weights, KV cache and overhead are added up in words', () => {
  test('and fit into what can be freed', () => {
    // 2 (key, value) × 8 heads × 128 × 2 bytes × 32 layers = 128 KiB a token
    expect(ask()).toEqual({
      verdict: 'fits',
      words: '15.0 GiB weights + 16.0 GiB KV for 128k tokens + 4.0 GiB overhead = 35.0 GiB of 110.0 GiB that can be freed',
    })
  })
  test('or do not', () => {
    const { verdict, words } = ask({ canBeFreedBytes: 34 * GiB })
    expect(verdict).toBe('too_large')
    expect(words).toMatch(/= 35\.0 GiB of 34\.0 GiB that can be freed$/)
  })
  test('nor into what vLLM is allowed, whatever is free', () => {
    const small = { model: model({ gpu_memory_utilization: 0.25 }) }
    expect(ask(small).words).toMatch(/= 35\.0 GiB of 30\.3 GiB that gpu_memory_utilization 0\.25 allows it$/)
    expect(ask({ ...small, canBeFreedBytes: null }).verdict).toBe('too_large')
  })
  test('an fp8 cache takes half', () => {
    expect(ask({ model: model({ kv_cache_dtype: 'fp8' }) }).words).toContain('8.0 GiB KV')
  })
  test('extra arguments win over the knobs', () => {
    expect(ask({ model: model({ extra_args: ['--max-model-len=65536', '--kv-cache-dtype', 'fp8_e4m3'] }) }).words).toContain(
      '4.0 GiB KV for 64k tokens',
    )
  })
  test('without a length of its own the model’s longest counts', () => {
    expect(ask({ model: modelWith({ knobs: Knobs.parse({}) }) }).words).toContain('16.0 GiB KV for 128k tokens')
  })
  test('layers that keep a window only take that much', () => {
    const sliding = {
      ...llama,
      layer_types: [...Array<string>(24).fill('sliding_attention'), ...Array<string>(8).fill('full_attention')],
      sliding_window: 1024,
    }
    expect(ask({ weights: weightsOf(15 * GiB, sliding) }).words).toContain('4.1 GiB KV')
  })
  test('two hosts carry half each', () => {
    const two = { model: model({ tensor_parallel_size: 2 }), hosts: 2, weights: weightsOf(30 * GiB, llama) }
    expect(ask(two).words).toContain('15.0 GiB weights + 8.0 GiB KV')
  })
  test('the decoder of a model that sees lies in its text_config', () => {
    const seeing = { architectures: ['Mistral3ForConditionalGeneration'], torch_dtype: 'bfloat16', text_config: llama }
    expect(ask({ weights: weightsOf(15 * GiB, seeing) }).words).toContain('16.0 GiB KV')
  })
  test('several sequences are named, and refuse nothing: vLLM lets them wait', () => {
    const many = ask({ model: model({ max_num_seqs: 16 }) })
    expect(many.verdict).toBe('fits')
    expect(many.words).toContain('all 16 sequences at full length would need 256.0 GiB KV')
  })
  test('a float32 checkpoint is loaded at half its size', () => {
    expect(ask({ weights: weightsOf(30 * GiB, { ...llama, torch_dtype: 'float32' }) }).words).toContain('15.0 GiB weights + 16.0 GiB KV')
  })
})

describe('what is not known is said, never guessed', () => {
  test.each<[string, Partial<EstimateQuestion>, RegExp]>([
    [
      'a mixture of experts',
      { weights: weightsOf(30 * GiB, { ...llama, architectures: ['Qwen3MoeForCausalLM'], num_experts: 128 }) },
      /mixture of experts/,
    ],
    ['a compressed cache', { weights: weightsOf(30 * GiB, { ...llama, architectures: ['DeepseekV3ForCausalLM'], kv_lora_rank: 512 }) }, /MLA/],
    ['an unknown architecture', { weights: weightsOf(30 * GiB, { ...llama, architectures: ['NewForCausalLM'] }) }, /architecture NewForCausalLM/],
    ['no configuration', { weights: weightsOf(30 * GiB, null) }, /config\.json was not read/],
    ['a figure that is none', { weights: weightsOf(30 * GiB, { ...llama, num_hidden_layers: 'many' }) }, /no usable num_hidden_layers/],
    ['windows of unnamed layers', { weights: weightsOf(30 * GiB, { ...llama, sliding_window: 4096 }) }, /which of its layers/],
    [
      'a cache type of the checkpoint',
      { weights: weightsOf(30 * GiB, { ...llama, quantization_config: { kv_cache_quant_algo: 'FP8' } }) },
      /a KV cache type of its own/,
    ],
    ['weights that get smaller', { model: model({ quantization: 'fp8' }) }, /smaller while it loads/],
    ['GGUF', { weights: weightsOf(30 * GiB, llama, 'gguf') }, /GGUF/],
    ['no weights', { weights: null }, /how large its weights are/],
    ['a length in words', { model: model({ extra_args: ['--max-model-len', '32k'] }) }, /how long its context is/],
    ['a start of its own', { model: model({}, { launch: { recipe: 'glm' } }) }, /not made of its settings/],
  ])('%s', (_what, question, words) => {
    const estimate = ask(question)
    expect(estimate.words).toMatch(words)
    expect(estimate.verdict).toBe('unknown')
  })

  test('but weights that do not fit alone are refused all the same', () => {
    const experts = { ...llama, architectures: ['Qwen3MoeForCausalLM'], num_experts: 128 }
    expect(ask({ weights: weightsOf(140 * GiB, experts) })).toMatchObject({
      verdict: 'too_large',
      words: expect.stringContaining('140.0 GiB weights alone'),
    })
  })
})

test('any text at all is read as a configuration without throwing', () => {
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json({ maxDepth: 2 }).map((text) => `{"architectures":["LlamaForCausalLM"],"text_config":${text}}`),
  )
  fc.assert(fc.property(value, (text) => typeof modelShape(text).known === 'boolean'))
})

test('a longer context never needs less', () => {
  const length = fc.integer({ min: 1, max: 1_000_000 })
  const need = (tokens: number): number => {
    const { words } = ask({ model: model({ max_model_len: tokens }), canBeFreedBytes: 0 })
    return Number(/= ([\d.]+) GiB of/.exec(words)?.[1])
  }
  fc.assert(fc.property(length, length, (a, b) => need(Math.min(a, b)) <= need(Math.max(a, b))))
})
