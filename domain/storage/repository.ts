import { z } from 'zod'
import { causeOf, type Cause } from '../errors.ts'
import type { Argv } from '../names.ts'
import { expanding, scriptArgv } from './script.ts'

const ask = `${expanding}
IFS= read -r token || :;
[ -n "$token" ] || token=$(head -n 1 "$(expand "$1")/token" 2>/dev/null);
command -v curl >/dev/null || { echo 'http 000'; exit 0; };
{ [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\\n' "$token"; } |
curl --config - --silent --location --max-time 15 --write-out '\\nhttp %{http_code}\\n' -- "\${3:-\${HF_ENDPOINT:-https://huggingface.co}}/api/models/$2?blobs=true";
exit 0;
`

/** Asks Hugging Face from the host about a repository. The token comes as the first line of standard input; without one the host's own counts. */
export const repositoryProbe = (cache: string, repo: string, endpoint: string): Argv => scriptArgv('spark-repository', ask, cache, repo, endpoint)

export interface RepositoryFacts {
  /** All its files; null where nobody could say. */
  readonly totalBytes: number | null
  /** Why it cannot be downloaded, where that is certain. */
  readonly trouble: Cause | null
}

const Siblings = z.object({ siblings: z.array(z.object({ size: z.int().min(0) })).min(1) })
const unknown: RepositoryFacts = { totalBytes: null, trouble: null }

/** Reads the answer. Silence and what is not understood say nothing: then the tool that downloads finds out. */
export function readRepository(repo: string, stdout: string): RepositoryFacts {
  const at = stdout.lastIndexOf('\nhttp ')
  const status = Number(/^\nhttp (\d{3})/.exec(stdout.slice(Math.max(0, at)))?.[1])
  const body = at < 0 ? '' : stdout.slice(0, at)
  if (status === 403) return { totalBytes: null, trouble: causeOf('gated_repo', `${repo} is gated, and the token may not read it`) }
  if (status === 401 && /invalid (user|username|credentials|token)/i.test(body)) return { totalBytes: null, trouble: causeOf('hf_token_refused') }
  if (status === 401 || status === 404)
    return {
      totalBytes: null,
      trouble: causeOf('repo_not_found', `There is no ${repo} on Hugging Face, or it is private and the token may not see it`),
    }
  if (status !== 200) return unknown
  const read = Siblings.safeParse(json(body))
  return read.success ? { totalBytes: read.data.siblings.reduce((sum, { size }) => sum + size, 0), trouble: null } : unknown
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
