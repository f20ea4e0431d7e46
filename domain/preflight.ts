import { containersToGo, type ClearingGoal } from './clearing.ts'
import { containerOf } from './clearing-plan.ts'
import type { Deployment } from './deployment.ts'
import { causeOf, type Cause } from './errors.ts'
import { fenceTakes } from './fence.ts'
import type { HostFacts } from './host-facts.ts'
import type { LauncherFeatures } from './launchers/features.ts'
import { GiB, gib, memoryNeed } from './memory.ts'
import { memoryEstimate } from './memory-estimate.ts'
import type { Model } from './model.ts'
import type { HostName } from './names.ts'
import type { CheckResult } from './swap.ts'
import { weightsTrouble, type WeightsLook } from './weights.ts'

/** What one look at a target host found, each part that could not be looked at null. */
export interface TargetLook {
  readonly host: HostName
  /** Why the host cannot be used at all. */
  readonly trouble: Cause | null
  readonly facts: HostFacts | null
  readonly launcherTrouble: Cause | null
  readonly imageThere: boolean | null
  readonly weights: WeightsLook | null
  /** Processes of the containers that the stop will end. */
  readonly enginePids: readonly number[]
  /** What the launcher installed there can do; null where there is none to ask. */
  readonly features?: LauncherFeatures | null
  /** docker's id of the model's image there. */
  readonly imageId?: string | null
  /** On the head, whose launcher goes to the workers by itself: for each of them why SSH refused, null where it did not. */
  readonly workersRefused?: Readonly<Record<HostName, string | null>>
  /** Something runs there that the stop will end by its owner's command. */
  readonly commandRuns?: boolean
}

/** What is to be launched there and what it takes the place of. */
export interface TargetPlan {
  readonly model: Model | null
  readonly goal: ClearingGoal
  readonly displaced: readonly Deployment[]
  readonly memoryFloorGib: number
  /** The fence that the swap was granted; null in a dry run. */
  readonly fence: number | null
  /** On how many it runs. */
  readonly hosts?: number
  readonly ignoreEstimate?: boolean
}

const diskFloorBytes = 2 * GiB

/** Every check on one target host. The first that a host fails hides those that could not be made. */
export function targetChecks(look: TargetLook, plan: TargetPlan): CheckResult[] {
  const { host, facts } = look
  const result = (check: string, trouble: Cause | null, detail: string): CheckResult => ({
    host,
    check,
    ok: trouble === null,
    detail: trouble === null ? detail : (trouble.line ?? trouble.message),
    cause: trouble,
  })
  if (look.trouble !== null || facts === null) return [result('reach', look.trouble ?? causeOf('host_unreachable'), '')]
  const reach = result('reach', null, 'the host answers')
  const fence = result('fence', fenceTrouble(facts, plan), facts.fence === null ? 'no fence yet' : `fence ${facts.fence.fence}`)
  if (!facts.docker.ok) return [reach, fence, result('docker', causeOf('docker_missing', undefined, facts.docker.detail || null), '')]
  const checks = [
    reach,
    fence,
    result('docker', null, 'docker answers'),
    result('container', containerTrouble(look, plan), 'the name is free, or what holds it will be stopped'),
  ]
  checks.push(result('port', portTrouble(look, plan), 'the port is free, or what listens on it will be stopped'))
  if (plan.model === null) return checks
  const { model } = plan
  return [
    ...checks,
    result('launcher', look.launcherTrouble, model.launcher),
    result('image', look.imageThere === false ? causeOf('image_missing', `There is no image ${model.image} on ${host}`) : null, model.image),
    result('weights', weightsTrouble(model, host, look.weights), look.weights?.path ?? ''),
    result('disk', diskTrouble(facts.hfCacheFreeBytes), facts.hfCacheFreeBytes === null ? 'not known' : `${gib(facts.hfCacheFreeBytes)} free`),
    memoryCheck(look, plan, model, result),
  ]
}

/** The host would refuse every change of ours: better said before anything was stopped. */
function fenceTrouble(facts: HostFacts, { goal, fence }: TargetPlan): Cause | null {
  if (facts.fenceTrouble !== null) return causeOf('fence_unwritable', undefined, facts.fenceTrouble)
  if (facts.stateDir !== 'writable') return causeOf('fence_unwritable', `The state directory is ${facts.stateDir}`)
  const verdict = fenceTakes(facts.fence, { clusterId: goal.clusterId, fence: fence ?? Number.MAX_SAFE_INTEGER, step: 0, attempt: 0 })
  return verdict === 'taken' ? null : causeOf(verdict)
}

function containerTrouble({ facts }: TargetLook, { model, goal, displaced }: TargetPlan): Cause | null {
  const name = model === null ? null : containerOf(model)
  const found = facts?.containers.find((container) => container.name === name)
  if (found === undefined || found.mark?.cluster === goal.clusterId) return null
  if (displaced.some((deployment) => deployment.container === found.name)) return null
  return causeOf('container_name_taken', `The container ${found.name} was not started by this cluster, and the arbiter knows no model in it`)
}

/** The port may be held by what the stop will end; not by something that no container of ours or of the displaced accounts for. */
function portTrouble({ facts, commandRuns = false }: TargetLook, { goal }: TargetPlan): Cause | null {
  if (facts === null || facts.portListening !== true || commandRuns) return null
  return containersToGo(facts, goal).some((container) => container.running)
    ? null
    : causeOf('port_taken', 'Something listens on the model port that belongs to no container which this swap would stop')
}

const diskTrouble = (available: number | null): Cause | null =>
  available !== null && available < diskFloorBytes ? causeOf('disk_full', `Only ${gib(available)} are free, ${gib(diskFloorBytes)} are needed`) : null

/** Refuses only what is certain: what the displaced will give back counts as free, and where nobody knows how much that is, the stop will tell. */
function memoryCheck(
  look: TargetLook,
  { goal, memoryFloorGib, hosts = 1, ignoreEstimate = false }: TargetPlan,
  model: Model,
  result: (check: string, trouble: Cause | null, detail: string) => CheckResult,
): CheckResult {
  const { facts } = look
  if (facts?.memTotalBytes == null || facts.memAvailableBytes === null) return result('memory', null, 'not known')
  const need = memoryNeed(model, memoryFloorGib, facts.memTotalBytes, hosts)
  const freed = (facts.computeApps ?? [])
    .filter((app) => look.enginePids.includes(app.pid))
    .reduce((sum, app) => sum + (app.usedMiB ?? 0) * 1024 ** 2, 0)
  const sum = `${gib(facts.memAvailableBytes)} free, ${gib(freed)} more after the stop, ${gib(need.bytes)} needed (${need.because})`
  const stops = look.commandRuns === true || containersToGo(facts, goal).some((container) => container.running)
  const stopsUnknown = freed === 0 && stops
  if (!stopsUnknown && facts.memAvailableBytes + freed < need.bytes) return result('memory', causeOf('memory_short', sum), '')
  const canBeFreedBytes = stopsUnknown ? null : facts.memAvailableBytes + freed
  const estimate = memoryEstimate({ model, weights: look.weights, hosts, memTotalBytes: facts.memTotalBytes, canBeFreedBytes })
  const refuses = estimate.verdict === 'too_large'
  if (refuses && !ignoreEstimate) return result('memory', causeOf('memory_estimate', estimate.words), '')
  return result('memory', null, `${sum}; ${estimate.words}${refuses ? ': tried all the same, as asked' : ''}`)
}

/** What the whole preflight says when a check failed: the first failed check's own cause. */
export const firstTrouble = (checks: readonly CheckResult[]): Cause | null => {
  const failed = checks.find((check) => !check.ok)
  return failed === undefined ? null : (failed.cause ?? causeOf('preflight_failed', failed.detail))
}
