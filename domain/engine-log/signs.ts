import type { ErrorCode } from '../errors.ts'

/**
 * Log lines after which an engine does not come up any more, and what they mean. Wording drifts between versions: substrings only. The first that fits
 * wins, so what names a cause more exactly stands further up.
 */
export const signs: readonly (readonly [RegExp, ErrorCode])[] = [
  // the repository
  [/Cannot access gated repo|trying to access a gated repo|GatedRepoError/, 'gated_repo'],
  [/RepositoryNotFoundError|Repository Not Found for url|is not a local folder and is not a valid model identifier/, 'repo_not_found'],
  [
    /LocalEntryNotFoundError|couldn't find them in the cached files|Can't load the configuration of|We couldn't connect to 'https?:/,
    'weights_missing',
  ],
  [
    /SafetensorError: |Error while deserializing header|PytorchStreamReader failed|gguf_init_\w+: invalid magic|model is corrupted or incomplete/,
    'weights_broken',
  ],
  // the model and its settings
  [
    /Model architectures \[.*\] (are not supported|failed to be inspected)|does not recognize this architecture|unknown model architecture/,
    'unsupported_architecture',
  ],
  [/error: (unrecognized arguments|argument |the following arguments are required|ambiguous option)/, 'bad_engine_arguments'],
  [
    /validation errors? for \w*(Config|Args)\b|is greater than the derived max_model_len|must be divisible by tensor parallel size/,
    'bad_engine_arguments',
  ],
  [/Unknown quantization method|must be executed.*trust_remote_code|trust_remote_code=True` (to|option)/, 'bad_engine_arguments'],
  // memory
  [/Free memory on device .* is less than desired GPU memory utilization/, 'gpu_memory_short'],
  [/No available memory for the cache blocks|KV cache is needed, which is larger than the available KV cache memory/, 'kv_cache_too_small'],
  [
    /OutOfMemoryError|CUDA out of memory|CUDA error: out of memory|invoked oom-killer|NV_ERR_NO_MEMORY|Out of memory: Killed process/,
    'out_of_memory',
  ],
  // A SIGKILL that nobody sent by hand is the kernel's; it leaves no other trace in the container's log. earlyoom says that it was it.
  [
    /(?:Engine ?core|EngineCore|Worker\w*) .*died unexpectedly.*exit code:? -9|low memory! .*sending SIG|sending SIG(?:TERM|KILL) to process \d+/i,
    'out_of_memory',
  ],
  // the GPU
  [
    /No CUDA GPUs are available|Failed to infer device type|no NVIDIA (?:GPU|driver)|NVIDIA Driver was not detected|libcuda\.so\.1: cannot open/i,
    'gpu_missing',
  ],
  [/CUDA driver (?:initialization failed|version is insufficient)|Driver\/library version mismatch|could not select device driver/, 'gpu_missing'],
  [/no kernel image is available for execution/, 'image_unfit'],
  // two hosts: NCCL, torch's and Ray's ways to find each other
  [/ncclSystemError|ncclRemoteError|ncclInternalError|ncclUnhandledCudaError|ncclInvalidUsage|NCCL error in|DistBackendError/, 'hosts_not_joined'],
  [/DistNetworkError|DistStoreError|client socket has (?:timed out|failed)|connectFullMesh failed|Gloo connectFull/, 'hosts_not_joined'],
  [/Watchdog caught collective operation timeout|Unable to find address for: |Bootstrap : no socket interface found/, 'hosts_not_joined'],
  [
    /Current node has no GPU available|Cannot provide a placement group|No available node types can fulfill|exceeds the total number of available GPUs/,
    'hosts_not_joined',
  ],
  [
    /RayActorError|ActorDiedError|Could not connect to (?:the )?(?:existing )?Ray|Ray cluster .*(?:timed out|not ready)|Failed to connect to GCS/i,
    'hosts_not_joined',
  ],
  // what it stands on
  [/\[Errno 98\]|address already in use|couldn't bind (?:HTTP )?server socket/i, 'port_taken'],
  [/\[Errno 28\]|No space left on device/, 'disk_full'],
]

/** Last words that name no cause: that stands further up. */
export const wrappers =
  /Engine core initialization failed|EngineDeadError|Failed core proc|WorkerProc initialization failed|Executor failed|EngineCore failed to start/

/** An exception with words of its own. */
export const exception = /(?:^|[\s\])])((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt)): \S/

/** Lines that only tell or warn: what would be a cause in an error is none there. */
export const harmless = /^(?:\([^)]*\)\s*)*(?:DEBUG|INFO|WARNING)\b/

/** What follows from another's end, and is never its cause. */
export const aftermath =
  /BrokenPipeError|ConnectionResetError|EOFError|CancelledError|KeyboardInterrupt|SystemExit|ProcessRaisedException|resource_tracker/
