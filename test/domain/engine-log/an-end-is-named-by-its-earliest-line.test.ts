import { expect, test } from 'vitest'
import { causeOfDeath, fatalSign } from '../../../domain/engine-failure.ts'
import { errors, type ErrorCode } from '../../../domain/errors.ts'

const engine = '(EngineCore pid=77) ERROR 11-24 05:00:38 [core.py:936] '
const older = '(EngineCore_DP0 pid=271) ERROR 06-30 21:11:09 [core.py:632] '
const worker = '(Worker_TP1 pid=302) ERROR 06-30 21:11:09 [multiproc_executor.py:511] '
const ray = '(EngineCore_DP0 pid=271) (RayWorkerWrapper pid=41, ip=192.168.177.12) ERROR 06-30 21:11:09 [worker_base.py:619] '
const wrapper = '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}'

test.each<[string, ErrorCode]>([
  ['huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: Root=1-x)', 'gated_repo'],
  ['Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json.', 'gated_repo'],
  ["OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.", 'weights_missing'],
  [`${engine}safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not fully covered`, 'weights_broken'],
  ["llama_model_load: error loading model: unknown model architecture: 'mystery'", 'unsupported_architecture'],
  ['pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig', 'bad_engine_arguments'],
  [
    '  Value error, User-specified max_model_len (999999) is greater than the derived max_model_len (max_position_embeddings=40960.0)',
    'bad_engine_arguments',
  ],
  ['api_server.py: error: argument --dtype: invalid choice: '.concat("'float17'"), 'bad_engine_arguments'],
  [`${engine}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9.00 GiB.`, 'out_of_memory'],
  ['kernel: VLLM::EngineCor invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0', 'out_of_memory'],
  ['NVRM: nvAssertOkFailedNoLog: Assertion failed: Out of memory [NV_ERR_NO_MEMORY] (0x00000051)', 'out_of_memory'],
  [`${engine}Engine core proc EngineCore_DP0 died unexpectedly, exit code -9`, 'out_of_memory'],
  ['sending SIGTERM to process 1234 uid 0 "VLLM::EngineCor": oom_score 1332, VmRSS 91222 MiB', 'out_of_memory'],
  [`${engine}RuntimeError: No CUDA GPUs are available`, 'gpu_missing'],
  ['RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`', 'gpu_missing'],
  ['ImportError: libcuda.so.1: cannot open shared object file: No such file or directory', 'gpu_missing'],
  [`${engine}RuntimeError: CUDA error: no kernel image is available for execution on the device`, 'image_unfit'],
  [`${worker}torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:3690, remote process exited`, 'hosts_not_joined'],
  [`${worker}ncclSystemError: System call (e.g. socket, malloc) or external library call failed or device error.`, 'hosts_not_joined'],
  [
    'torch.distributed.DistNetworkError: The client socket has timed out after 600000ms while trying to connect to (192.168.177.11, 29501).',
    'hosts_not_joined',
  ],
  [`${ray}ValueError: Current node has no GPU available. current_node_resource={'CPU': 20.0}.`, 'hosts_not_joined'],
  ['ray.exceptions.RayActorError: The actor died unexpectedly before finishing this task.', 'hosts_not_joined'],
  ["ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8888): address already in use", 'port_taken'],
  ["srv  start: couldn't bind HTTP server socket, hostname: 0.0.0.0, port: 8888", 'port_taken'],
  ["OSError: [Errno 28] No space left on device: '/root/.cache/vllm/torch_compile_cache/3f'", 'disk_full'],
])('%s means %s, with advice', (line, code) => {
  expect(fatalSign(line)).toBe(code)
  expect(errors[code].advice).not.toBe('')
})

test.each([
  '(EngineCore pid=77) WARNING 11-24 05:00:38 [utils.py:1] Retrying after torch.OutOfMemoryError during autotuning',
  "(APIServer pid=1) INFO 11-24 05:00:00 [utils.py:261] non-default args: {'model_tag': '/models/RayActorError'}",
  'Route: /v1/load_lora_adapter, Methods: POST',
])('%s ends nothing', (line) => {
  expect(fatalSign(line)).toBeNull()
})

test('what came first is the cause: the other rank and the wrapper only follow from it', () => {
  const lines = [
    `${worker}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.`,
    '(Worker_TP0 pid=301) ERROR 06-30 21:11:12 [multiproc_executor.py:511] torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:3690',
    `${older}Exception: WorkerProc initialization failed due to an exception in a background process. See stack trace for root cause.`,
    wrapper,
  ]
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({
    code: 'out_of_memory',
    line: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
  })
})

test('an unknown cause is the exception above the wrapper, also under the prefixes of two programs, and not what the end drags after itself', () => {
  const lines = [
    `${ray}AssertionError: Encoder cache is not initialised`,
    `${older}Exception: WorkerProc initialization failed due to an exception in a background process.`,
    wrapper,
    'BrokenPipeError: [Errno 32] Broken pipe',
    'asyncio.exceptions.CancelledError: gone',
  ]
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({ code: 'engine_exited', line: 'AssertionError: Encoder cache is not initialised' })
})

test('a request that was answered well explains no end: what stands before it is told, or nothing', () => {
  const answered = [
    'INFO:     127.0.0.1:51000 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
    '(APIServer pid=1) INFO 11-24 05:00:00 [launcher.py:90] GET /health 200 OK',
  ]
  expect(causeOfDeath(['Killed', ...answered], 'engine_exited').line).toBe('Killed')
  expect(causeOfDeath(answered, 'engine_exited').line).toBeNull()
})

test('a line that explains is told, and not the number of an answer before it', () => {
  const lines = [
    'huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-68f0c0de-5a5a5a5a5a5a5a5a)',
    'OSError: You are trying to access a gated repo.',
  ]
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({ code: 'gated_repo', line: 'OSError: You are trying to access a gated repo.' })
  expect(causeOfDeath(lines.slice(0, 1), 'engine_exited').line).toContain('401 Client Error')
})

test('llama.cpp names its causes, too', () => {
  const lines = [
    "0.00.006.431 E gguf_init_from_reader: invalid magic characters: ';?[?', expected 'GGUF'",
    '0.00.006.632 E llama_model_load: error loading model: llama_model_loader: failed to load model from /models/x/model.gguf',
    'RuntimeError: Failed to init server, please check the input params.',
  ]
  expect(causeOfDeath(lines, 'engine_exited')).toMatchObject({
    code: 'weights_broken',
    line: "gguf_init_from_reader: invalid magic characters: ';?[?', expected 'GGUF'",
  })
})

test('a cause that stands 250 lines above the wrapper is found', () => {
  const noise = Array.from({ length: 250 }, (_, i) => `${engine}  File "core.py", line ${String(i)}, in run`)
  const free = 'ValueError: Free memory on device cuda:0 (2.6/121.63 GiB) on startup is less than desired GPU memory utilization (0.08, 9.73 GiB).'
  expect(causeOfDeath([`${engine}${free}`, ...noise, wrapper], 'engine_exited')).toMatchObject({ code: 'gpu_memory_short', line: free })
})

test('a line as long as all architectures is searched quickly, and told from its beginning', () => {
  const line = `${engine}ValueError: Model architectures ['X'] are not supported for now. Supported architectures: ${'A'.repeat(400_000)}`
  expect(causeOfDeath([line, 'a.'.repeat(200_000)], 'engine_exited').code).toBe('unsupported_architecture')
})
