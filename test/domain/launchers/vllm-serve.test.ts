import { expect, test } from 'vitest'
import { memoryUtilization, vllmServe } from '../../../domain/launchers/vllm-serve.ts'
import { Knobs } from '../../../domain/model.ts'
import { modelWith } from './sample.ts'

const flags = (knobs: object): string =>
  vllmServe(modelWith({ knobs: Knobs.parse(knobs) }), 8888)
    .slice(7)
    .join(' ')

test('each knob becomes its flag, in a fixed order, and extra arguments come last', () => {
  const knobs = {
    ...{ max_model_len: 32_768, gpu_memory_utilization: 0.8, max_num_seqs: 4, max_num_batched_tokens: 8192, dtype: 'bfloat16', quantization: 'fp8' },
    ...{ kv_cache_dtype: 'fp8', load_format: 'fastsafetensors', tool_call_parser: 'hermes', reasoning_parser: 'qwen3' },
    ...{ enable_auto_tool_choice: true, enable_prefix_caching: true, trust_remote_code: true, extra_args: ['--max-num-seqs', '8'] },
  }
  expect(flags(knobs)).toBe(
    '--max-model-len 32768 --gpu-memory-utilization 0.8 --max-num-seqs 4 --max-num-batched-tokens 8192 --dtype bfloat16 --quantization fp8 ' +
      '--kv-cache-dtype fp8 --load-format fastsafetensors --tool-call-parser hermes --reasoning-parser qwen3 ' +
      '--enable-auto-tool-choice --enable-prefix-caching --trust-remote-code --max-num-seqs 8',
  )
})

test('a switch that is off is left out, but for one that vLLM has on by itself', () => {
  expect(flags({ enable_auto_tool_choice: false, enable_prefix_caching: false, trust_remote_code: false })).toBe('--no-enable-prefix-caching')
})

test.each([
  [{ launch: { recipe: 'x' } }, {}, 0],
  [{ launch: { arguments: [] } }, {}, 0],
  [{ launcher: 'command' as const }, {}, 0],
  [{ launch: { launch_script: 'x' } }, { gpu_memory_utilization: 0.6 }, 0.6],
])('what the owner starts by himself (%o) claims only what a knob says', (change, knobs, share) => {
  expect(memoryUtilization(modelWith({ ...change, knobs: Knobs.parse(knobs) }))).toBe(share)
})

test.each([
  [{}, 0.9],
  [{ gpu_memory_utilization: 0.7 }, 0.7],
  [{ gpu_memory_utilization: 0.7, extra_args: ['--gpu-memory-utilization', '0.5'] }, 0.5],
  [{ extra_args: ['--gpu-memory-utilization=0.4'] }, 0.4],
  [{ gpu_memory_utilization: 0.7, extra_args: ['--gpu-memory-utilization', 'much'] }, 0.7],
])('the share of memory that vLLM will claim with %o is %d', (knobs, share) => {
  expect(memoryUtilization({ knobs: Knobs.parse(knobs) })).toBe(share)
})
