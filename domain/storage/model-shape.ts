import { z } from 'zod'

/** What a token costs in the KV cache, as config.json tells; or why nobody should say so. */
export type ModelShape =
  | {
      readonly known: true
      readonly layers: number
      /** Of these layers only the last tokens are kept, so many. */
      readonly sliding: { readonly layers: number; readonly window: number } | null
      readonly kvHeads: number
      readonly headDim: number
      /** The checkpoint's own type. */
      readonly dtype: string | null
      readonly maxPositions: number | null
    }
  | { readonly known: false; readonly why: string }

/** What is known of the weights as they lie there. */
export interface CheckpointFacts {
  readonly quantized: boolean
  readonly dtype: string | null
}

/** Decoders whose attention is plain: each layer keeps keys and values of each token (or of a window that config.json names). Others are not guessed at. */
const plainAttention: ReadonlySet<string> = new Set([
  ...['LlamaForCausalLM', 'MistralForCausalLM', 'Mistral3ForConditionalGeneration', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'],
  ...['Qwen2_5_VLForConditionalGeneration', 'Qwen3VLForConditionalGeneration', 'Phi3ForCausalLM', 'GemmaForCausalLM', 'Gemma2ForCausalLM'],
  ...['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration', 'GraniteForCausalLM', 'Olmo2ForCausalLM', 'Starcoder2ForCausalLM'],
])

const Count = z.int().min(1).max(100_000_000)
const Decoder = z.object({
  num_hidden_layers: Count,
  num_attention_heads: Count,
  num_key_value_heads: Count.nullish(),
  hidden_size: Count,
  head_dim: Count.nullish(),
  max_position_embeddings: Count.nullish(),
  layer_types: z.array(z.string()).nullish(),
  sliding_window: Count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  rope_scaling: z.looseObject({}).nullish(),
})

const expertKeys = ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_intermediate_size']

/** Reads a config.json. Never throws: what cannot be read is not known. */
export function modelShape(text: string | null): ModelShape & { readonly checkpoint: CheckpointFacts | null } {
  const whole = objectIn(text)
  if (whole === null) return { known: false, why: 'its config.json was not read', checkpoint: null }
  const inner = isObject(whole['text_config']) ? whole['text_config'] : whole
  const quantization = whole['quantization_config'] ?? inner['quantization_config'] ?? whole['compression_config']
  const dtype = [inner['torch_dtype'], inner['dtype'], whole['torch_dtype'], whole['dtype']].find((one) => typeof one === 'string') ?? null
  const checkpoint = { quantized: isObject(quantization), dtype }
  const unknown = (why: string) => ({ known: false, why, checkpoint }) as const

  const architecture = Array.isArray(whole['architectures']) ? String(whole['architectures'][0]) : 'without a name'
  if (inner['kv_lora_rank'] != null) return unknown(`${architecture} compresses its KV cache (MLA)`)
  if (expertKeys.some((key) => typeof inner[key] === 'number' && inner[key] > 1)) return unknown(`${architecture} is a mixture of experts`)
  if (!plainAttention.has(architecture)) return unknown(`the architecture ${architecture.slice(0, 80)} is not one whose KV cache we can reckon`)
  if (isObject(quantization) && (quantization['kv_cache_scheme'] != null || quantization['kv_cache_quant_algo'] != null))
    return unknown('its checkpoint brings a KV cache type of its own')
  const read = Decoder.safeParse(inner)
  if (!read.success) return unknown(`its config.json has no usable ${read.error.issues[0]?.path.join('.') ?? 'figures'}`)
  const { num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kvHeads, hidden_size, head_dim } = read.data
  const sliding = slidingLayers(read.data)
  if (sliding === 'unclear') return unknown('it does not say which of its layers keep a window only')
  return {
    known: true,
    layers,
    sliding,
    kvHeads: kvHeads ?? heads,
    headDim: head_dim ?? Math.floor(hidden_size / heads),
    dtype,
    // vLLM stretches the context by rope_scaling in ways that differ by its type: then only a given max_model_len counts.
    maxPositions: read.data.rope_scaling == null ? (read.data.max_position_embeddings ?? null) : null,
    checkpoint,
  }
}

function slidingLayers({
  layer_types: types,
  sliding_window: window,
  use_sliding_window: used,
}: z.infer<typeof Decoder>): { layers: number; window: number } | null | 'unclear' {
  if (types != null) {
    const slide = types.filter((type) => type === 'sliding_attention').length
    if (types.some((type) => type !== 'sliding_attention' && type !== 'full_attention')) return 'unclear'
    if (slide === 0) return null
    return window == null ? 'unclear' : { layers: slide, window }
  }
  return window == null || used === false ? null : 'unclear'
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function objectIn(text: string | null): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isObject(value) ? value : null
  } catch {
    return null
  }
}
