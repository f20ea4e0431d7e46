import { expect, test } from 'vitest'
import { causeOfDeath, fatalSign, withoutPrefix } from '../../domain/engine-failure.ts'
import { afterLine, notStarted, showProgress } from '../../domain/engine-log/progress.ts'
import { inOrder, isNewer, readLogLine } from '../../domain/engine-log.ts'

const core = '(EngineCore pid=12) INFO 11-24 05:00:00 [core.py:1] '

test.each([
  ['(APIServer pid=1) INFO 11-24 05:00:00 [api_server.py:1] vLLM API server version 0.17.1', 'starting'],
  [`${core}Starting to load model Qwen/Qwen3-8B...`, 'loading weights'],
  ['Loading safetensors checkpoint shards:  56% Completed | 5/9 [00:13<00:11,  2.87s/it]', 'loading weights 56%'],
  ['Loading safetensors using Fastsafetensor loader:  5% Completed | 2/42 [00:01<00:20,  1.0it/s]', 'loading weights 5%'],
  [`${core}Loading weights took 12.3 seconds`, 'weights loaded'],
  [`${core}Dynamo bytecode transform time: 3.1 s`, 'compiling'],
  [`${core}torch.compile takes 10.2 s in total`, 'compiling'],
  [`${core}Available KV cache memory: 40.1 GiB`, 'sizing the KV cache'],
  ['Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  64%|██████▎   | 7/11 [00:01<00:00,  7.0it/s]', 'capturing graphs 64%'],
  [`${core}Graph capturing finished in 3 secs, took 0.6 GiB`, 'graphs captured'],
  ['(APIServer pid=1) INFO:     Application startup complete.', 'serving'],
])('%s shows the stage "%s"', (line, shown) => {
  expect(showProgress(afterLine(notStarted, line))).toBe(shown)
})

test('a line that tells nothing leaves the progress as it is', () => {
  const progress = { stage: 'compiling', percent: null }
  expect(afterLine(progress, 'INFO something else')).toBe(progress)
})

test('a progress bar that redraws itself is as many lines as it drew', () => {
  const lines = readLogLine('2026-11-24T05:00:00.123456789Z  10%\r 20%\r 30%')
  expect(lines).toEqual([' 10%', ' 20%', ' 30%'].map((text) => ({ at: '2026-11-24T05:00:00.123456789Z', text })))
})

test('lines of two streams are put in the order of their timestamps, however long the fractions are', () => {
  const output = '2026-11-24T05:00:00.5Z b\n2026-11-24T05:00:01Z d\n2026-11-24T05:00:00.123Z a\n2026-11-24T05:00:00.51Z c\n'
  expect(inOrder(output).map((line) => line.slice(-1))).toEqual(['a', 'b', 'c', 'd'])
  expect(isNewer('2026-11-24T05:00:00.51Z', '2026-11-24T05:00:00.5Z')).toBe(true)
  expect(isNewer('2026-11-24T05:00:00.5Z', '2026-11-24T05:00:00.500000000Z')).toBe(false)
})

test.each([
  ['OSError: You are trying to access a gated repo.', 'gated_repo'],
  ['huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error.', 'repo_not_found'],
  ["ValueError: Model architectures ['X'] are not supported for now. Supported architectures: dict_keys([])", 'unsupported_architecture'],
  [
    'ValueError: Free memory on device cuda:0 (2.6/121.63 GiB) on startup is less than desired GPU memory utilization (0.08, 9.73 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
    'gpu_memory_short',
  ],
  ['ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`', 'kv_cache_too_small'],
  [
    'ValueError: To serve at least one request, 8 GiB KV cache is needed, which is larger than the available KV cache memory (2 GiB).',
    'kv_cache_too_small',
  ],
  ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9 GiB.', 'out_of_memory'],
  ['vllm: error: unrecognized arguments: --nope', 'bad_engine_arguments'],
  ['OSError: [Errno 98] Address already in use', 'port_taken'],
  ['RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}', 'engine_exited'],
  ['INFO Application startup complete.', null],
  ['WARNING falling back after an error', null],
])('%s means %s', (line, code) => {
  expect(fatalSign(line)).toBe(code)
})

test('the cause is the line above, not the wrapper that names none', () => {
  const lines = [
    '(EngineCore pid=12) Traceback (most recent call last):',
    '(EngineCore pid=12) ERROR 11-24 05:00:00 [core.py:700] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9 GiB.',
    '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
  ]
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({
    code: 'out_of_memory',
    line: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9 GiB.',
  })
})

test('an unknown error is told by its last exception that is no wrapper', () => {
  const lines = ['KeyError: nothing known', 'some words', 'RuntimeError: Engine core initialization failed. See root cause above.']
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({ code: 'engine_exited', line: 'KeyError: nothing known' })
})

test('without any exception the last line must do, and without any line there is none', () => {
  expect(causeOfDeath(['one', 'two', ''], 'engine_exited').line).toBe('two')
  expect(causeOfDeath([], 'launch_stalled').line).toBeNull()
})

test('the prefix of a log line tells a reader nothing', () => {
  expect(withoutPrefix('(EngineCore_DP0 pid=12) ERROR 11-24 05:00:00 [core.py:700] ValueError: x')).toBe('ValueError: x')
  expect(withoutPrefix('ValueError: x')).toBe('ValueError: x')
})
