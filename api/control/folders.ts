import type { ConfigSource } from '../../config/load.ts'
import { errors } from '../../domain/errors.ts'
import type { Model } from '../../domain/model.ts'
import { Problem } from '../../domain/problem.ts'
import { pathTrouble } from '../../domain/storage/local-path.ts'
import type { FolderList, PathCheck } from '../../domain/storage/question.ts'
import type { StorageLooks } from '../temporal/storage-looks.ts'
import { clusterOf, hostsOf } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'

/** A look at folders, for a person who waits for a page or a form. */
const pathLimit_ms = 20_000

/** What is in a folder of a host; null: the folders where local models may lie. Throws `unknown_host`, `local_path_…`, what the host says, `worker_down`. */
export async function listFolders(links: () => ClusterLink, config: ConfigSource, name: string, path: string | null): Promise<FolderList> {
  const [host = name] = hostsOf(clusterOf(config), [name])
  const trouble = path === null ? null : pathTrouble(path)
  if (trouble !== null) throw new Problem(trouble.code, trouble.message)
  const answer = await links().storageLooks.folders(host, path)
  if ('cause' in answer) throw new Problem(answer.cause.code, answer.cause.message, {}, errors[answer.cause.code].class === 'retryable' ? 5 : null)
  return answer
}

/**
 * Whether the folder of a local model is one, on the hosts where it would run. Throws `local_path_…` for what a host says against it; where a model may run on
 * any host, only when each of them does. A host that could not be asked refuses nothing: that it was not checked is in the answer, and every swap checks it again.
 */
export async function checkLocalPath(looks: () => StorageLooks, model: Model, clusterHosts: readonly string[]): Promise<PathCheck[]> {
  if (model.local_path === null) return []
  const trouble = pathTrouble(model.local_path)
  if (trouble !== null) throw refused(trouble)
  const hosts = model.anywhere ? clusterHosts : model.placement
  const checks = await asked(looks, hosts, model)
  const against = checks.flatMap(({ checked, cause }) => (checked && cause !== null ? [cause] : []))
  const [first] = against
  if (first !== undefined && (!model.anywhere || against.length === checks.length)) throw refused(first)
  return checks
}

const refused = ({ code, message }: { code: PathCode; message: string }): Problem =>
  new Problem(code, message, { errors: [{ field: 'local_path', message }] })
type PathCode = keyof typeof errors

async function asked(looks: () => StorageLooks, hosts: readonly string[], { local_path, launcher }: Model): Promise<PathCheck[]> {
  try {
    return await looks().localPath(hosts, local_path ?? '', launcher, pathLimit_ms)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const cause = { code: error.code, message: error.message, line: null, advice: errors[error.code].advice }
    return hosts.map((host) => ({ host, checked: false, cause }))
  }
}

/** What a person is told of hosts that could not be asked. */
export const uncheckedWords = (checks: readonly PathCheck[]): string[] =>
  checks.flatMap(({ host, checked, cause }) =>
    cause === null
      ? []
      : [
          checked
            ? `It cannot run on ${host}: ${cause.message}`
            : `Its folder was not looked at on ${host}: ${cause.message}. Every swap looks first.`,
        ],
  )
