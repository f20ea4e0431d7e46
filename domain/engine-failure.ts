import { causeOf, type Cause, type ErrorCode } from './errors.ts'

/** Log lines after which an engine does not come up any more, and what they mean. Wording drifts between versions: substrings only. */
const signs: readonly (readonly [RegExp, ErrorCode])[] = [
  [/Cannot access gated repo|trying to access a gated repo|GatedRepoError/, 'gated_repo'],
  [/RepositoryNotFoundError|Repository Not Found for url|is not a local folder and is not a valid model identifier/, 'repo_not_found'],
  [/Model architectures \[.*\] (are not supported|failed to be inspected)|does not recognize this architecture/, 'unsupported_architecture'],
  [/Free memory on device .* is less than desired GPU memory utilization/, 'gpu_memory_short'],
  [/No available memory for the cache blocks|KV cache is needed, which is larger than the available KV cache memory/, 'kv_cache_too_small'],
  [/OutOfMemoryError|CUDA out of memory|invoked oom-killer|NV_ERR_NO_MEMORY|Out of memory: Killed process/, 'out_of_memory'],
  // A SIGKILL that nobody sent by hand is the kernel's; it leaves no other trace in the container's log.
  [/Engine core .*died unexpectedly.*exit code -9/, 'out_of_memory'],
  [/LocalEntryNotFoundError|couldn't find them in the cached files|Can't load the configuration of/, 'weights_missing'],
  [/error: (unrecognized arguments|argument |the following arguments are required)/, 'bad_engine_arguments'],
  [/\[Errno 98\].*address already in use/i, 'port_taken'],
]
/** vLLM's last words, which name no cause: that stands further up. */
const wrappers = /Engine core initialization failed|EngineDeadError|Failed core proc/
const exception = /(?:^|[\s\])])((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception)): \S/

/** What one line says about the end of the engine: a named cause, only that it ends (`engine_exited`), or nothing. */
export function fatalSign(line: string): ErrorCode | null {
  const sign = signs.find(([pattern]) => pattern.test(line))
  if (sign !== undefined) return sign[1]
  return wrappers.test(line) ? 'engine_exited' : null
}

/**
 * Why the engine ended, from its last lines (keep at least 250: the cause stands far above the wrapper). A named cause wins, told by the line that
 * carries the exception where there is one; else the last exception that is no wrapper; else the last line. `fallback` names what is certain anyway.
 */
export function causeOfDeath(lines: readonly string[], fallback: ErrorCode, message?: string): Cause {
  const named = lines.map((line) => ({ line, code: fatalSign(line) })).filter(({ code }) => code !== null && code !== 'engine_exited')
  const code = named[0]?.code
  if (code !== undefined && code !== null) {
    const same = named.filter((sign) => sign.code === code)
    return causeOf(code, undefined, withoutPrefix((same.findLast(({ line }) => exception.test(line)) ?? same[0])?.line ?? ''))
  }
  const telling = lines.findLast((line) => exception.test(line) && !wrappers.test(line)) ?? lines.findLast((line) => line.trim() !== '')
  return causeOf(fallback, message, telling === undefined ? null : withoutPrefix(telling))
}

/** Without `(EngineCore pid=12) ERROR 11-24 05:00:00 [core.py:1]`, which tells a reader nothing. */
export const withoutPrefix = (line: string): string =>
  line.replace(/^\s*(\([^)]*pid=\d+\)\s*)?((DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? (\[[^\]]*\]\s*)?)?/, '').trim()
