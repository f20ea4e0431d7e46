import { causeOf, type Cause } from './errors.ts'
import { launcherOf } from './launchers/launcher.ts'
import { hostsTrouble } from './launchers/parallelism.ts'
import type { Model } from './model.ts'
import type { HostName } from './names.ts'
import type { TargetLook } from './preflight.ts'
import type { CheckResult } from './swap.ts'

/** What one look at all hosts of a model on several adds to the checks of each: whether they fit together. `hosts` is head first. */
export function jointChecks(model: Model, hosts: readonly HostName[], looks: readonly TargetLook[]): CheckResult[] {
  const { startedFrom } = launcherOf(model)
  const [head, ...workers] = hosts
  if (head === undefined) return []
  const trouble = hostsTrouble(model, hosts.length)
  if (workers.length === 0) return trouble === null ? [] : [checkOf(null, 'hosts', trouble, '')]
  const of = (host: HostName): TargetLook | undefined => looks.find((look) => look.host === host)
  return [
    checkOf(null, 'hosts', trouble, `${hosts.length} hosts, ${head} first`),
    ...workers.flatMap((worker) => imageCheck(model, head, of(head), worker, of(worker))),
    ...(startedFrom === 'head' ? workers.flatMap((worker) => reachCheck(head, of(head), worker)) : []),
  ]
}

/** All hosts must have the very same image: two builds of one name do not talk to each other. What is not there is said by its own host's check. */
function imageCheck(model: Model, head: HostName, ofHead: TargetLook | undefined, worker: HostName, ofWorker: TargetLook | undefined): CheckResult[] {
  const [one, other] = [ofHead?.imageId, ofWorker?.imageId]
  if (one == null || other == null) return []
  const trouble = one === other ? null : causeOf('images_differ', `${model.image} on ${worker} is not the image that ${head} has`)
  return [checkOf(worker, 'same image', trouble, `the image of ${head}`)]
}

/** The head's launcher goes to the workers by its own SSH, with the head's own key. */
function reachCheck(head: HostName, ofHead: TargetLook | undefined, worker: HostName): CheckResult[] {
  const refusal = ofHead?.workersRefused?.[worker]
  if (refusal === undefined) return []
  const trouble = refusal === null ? null : causeOf('head_cannot_reach', `${head} cannot log in to ${worker}`, refusal)
  return [checkOf(head, `ssh to ${worker}`, trouble, `${head} logs in to ${worker}`)]
}

const checkOf = (host: HostName | null, check: string, trouble: Cause | null, detail: string): CheckResult => ({
  ...{ host, check, ok: trouble === null, cause: trouble },
  detail: trouble === null ? detail : (trouble.line ?? trouble.message),
})
