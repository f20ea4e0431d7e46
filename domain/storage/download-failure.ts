import { causeOf, type Cause, type ErrorCode } from '../errors.ts'

/** In this order: what is gated is also said to be unauthorised, and what is not there as well. */
const fetchSigns: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No space left on device|ENOSPC|Not enough free disk space|Disk quota exceeded/i, 'disk_full'],
  [/GatedRepoError|gated repo|Access to model .* is restricted|awaiting a review from the repo authors/i, 'gated_repo'],
  [/Invalid user token|Invalid credentials|Invalid username or password/i, 'hf_token_refused'],
  [/RepositoryNotFoundError|Repository Not Found|RevisionNotFoundError/i, 'repo_not_found'],
  [/40[13] (Client Error|Forbidden|Unauthorized)/i, 'gated_repo'],
  [/404 (Client Error|Not Found)/i, 'repo_not_found'],
  [
    /ConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|name resolution|Name or service not known|Network is unreachable|Connection (reset|refused|aborted|broken)|IncompleteRead|timed out|LocalEntryNotFoundError|error sending request|(429|5\d\d) (Client|Server) Error|Too Many Requests/i,
    'download_interrupted',
  ],
]
const copySigns: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No space left on device|Disk quota exceeded/i, 'disk_full'],
  [
    /Host key verification failed|Permission denied|Could not resolve hostname|Name or service not known|rsync: command not found|rsync: not found/i,
    'copy_failed',
  ],
  [
    /Connection (reset|refused|timed out|closed)|Broken pipe|Network is unreachable|No route to host|connection unexpectedly closed|io timeout/i,
    'download_interrupted',
  ],
]

/** Why a tool ended without success, by its last words. `code` null, or of a signal: it was killed, or its host went down. */
export function failureOf(tool: 'fetch' | 'copy', code: number | null, words: string, where: string): Cause {
  const line = tellingLine(words)
  if (code === null || (code >= 128 && code < 192)) return causeOf('download_interrupted', `${where}: it was gone before its end`, line)
  const sign = (tool === 'fetch' ? fetchSigns : copySigns).find(([pattern]) => pattern.test(words))
  if (sign !== undefined) return causeOf(sign[1], undefined, line)
  if (tool === 'copy') return causeOf('copy_failed', `${where}: rsync ended with ${String(code)}`, line)
  if (code === 127) return causeOf('download_tool_missing', `${where}: the tool could not be started`, line)
  return causeOf('download_failed', `${where}: the tool ended with ${String(code)}`, line)
}

/** The last line that says something; secrets have no place in it. */
export function tellingLine(words: string): string | null {
  const line = words
    .split(/[\r\n]+/)
    .map((one) => one.replace(/\p{Cc}/gu, ' ').trim())
    .findLast((one) => one !== '')
  return line === undefined ? null : line.replace(/hf_[A-Za-z0-9]{8,}/g, 'hf_…').slice(0, 300)
}
