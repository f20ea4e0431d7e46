import type { ErrorCode } from '../errors.ts'
import type { HostName } from '../names.ts'
import type { HostSurvey } from './host-survey.ts'
import type { Deployment } from '../deployment.ts'
import { loseHosts, partOf, place } from './deployments.ts'
import { unseen, type ArbiterState, type HostEntry } from './state.ts'
import { only, type Change, type Effect } from './step.ts'

const firstRetryMs = 5_000
const longestRetryMs = 30_000

/**
 * The arbiter claims these hosts for itself and looks at them, before anything else is granted there (ARBITER.md E3, E4). Each survey has a fence of its own,
 * which ends what an earlier grant may still have on its way. Hosts that a swap or claim occupies are left alone.
 */
export function beginSurveys(state: ArbiterState, names: readonly HostName[]): Change {
  let { fence } = state
  const effects: Effect[] = []
  const hosts = state.hosts.map((entry): HostEntry => {
    if (!names.includes(entry.host) || isOccupied(state, entry.host)) return entry
    fence += 1
    const survey = { id: `${entry.host}@${fence}`, fence }
    effects.push({ kind: 'survey', host: entry.host, surveyId: survey.id, fence, remnants: entry.remnants })
    // An unreachable or quarantined host stays so while it is tried again: it is told apart from one that will be known in a moment.
    return { ...entry, state: entry.state === 'known' ? 'surveying' : entry.state, survey, retryAt: null }
  })
  return { state: { ...state, fence, hosts }, effects }
}

const isOccupied = (state: ArbiterState, host: HostName): boolean =>
  state.active.some((swap) => swap.go.affectedHosts.includes(host)) || state.claims.some((claim) => claim.hosts.includes(host))

/** E5: hosts of a displaced deployment that could not be reached. They refuse all, until the arbiter itself has cleared them. */
export function quarantine(
  state: ArbiterState,
  names: readonly HostName[],
  remnants: readonly { readonly host: HostName; readonly container: string }[],
): ArbiterState {
  const left = (host: HostName): string[] => remnants.filter((one) => one.host === host).map((one) => one.container)
  const hosts = state.hosts.map((entry): HostEntry => {
    if (!names.includes(entry.host)) return entry
    const cause = { code: 'quarantined' as const, message: 'it could not be reached while its model was replaced' }
    return {
      ...entry,
      state: 'quarantined',
      cause,
      survey: null,
      tries: 0,
      retryAt: state.clock + firstRetryMs,
      remnants: [...new Set([...entry.remnants, ...left(entry.host)])],
    }
  })
  return { ...state, hosts }
}

/** What a survey found (E4). One that lost its claim meanwhile is not listened to, but for the fence. */
export function hostSurveyed(before: ArbiterState, surveyId: string, found: HostSurvey): Change {
  const state = { ...before, fence: Math.max(before.fence, found.fence) }
  const entry = state.hosts.find((one) => one.host === found.host)
  if (entry?.survey?.id !== surveyId) return only(state)
  if (found.foreignCluster !== null) return only(away(state, entry, 'foreign_cluster', `it belongs to the cluster ${found.foreignCluster}`))
  if (!found.reachable) return only(away(state, entry, found.code ?? 'host_unreachable', found.cause ?? 'it does not answer'))
  if (entry.state === 'quarantined' && found.cause !== null) return only(away(state, entry, found.code ?? 'stop_unproven', found.cause))
  const cause =
    found.strays.length === 0 ? null : { code: 'container_name_taken' as const, message: `also found: ${found.strays.join(', ')}`.slice(0, 500) }
  const known = replace(state, { ...entry, state: 'known', cause, survey: null, retryAt: null, tries: 0, remnants: [] })
  const clear = dropOn(known, found)
  return only(found.deployment === null ? clear : place(clear, onItsHosts(clear, found.host, found.deployment)))
}

/** The same deployment seen from its other hosts stays; what the host does not hold any more goes. */
function dropOn(state: ArbiterState, { host, deployment }: HostSurvey): ArbiterState {
  const still = state.deployments.some((one) => deployment !== null && isSame(one, deployment) && one.hosts.includes(host))
  return still ? state : loseHosts(state, [host])
}

/** What a host says of a deployment on several counts for those that were seen to hold it, and for those that nobody has looked at yet. */
function onItsHosts(state: ArbiterState, host: HostName, deployment: Deployment): Deployment {
  const kept = deployment.hosts.filter((name) => {
    const entry = state.hosts.find((one) => one.host === name)
    const seen = state.deployments.some((one) => isSame(one, deployment) && one.hosts.includes(name))
    return name === host || entry === undefined || entry.state !== 'known' || seen
  })
  return kept.length === deployment.hosts.length ? deployment : partOf(deployment, kept)
}

/** One that we started has its swap, which may have put back several; one that was adopted is known by where it runs. */
const isSame = (a: Deployment, b: Deployment): boolean =>
  a.swapId === b.swapId && a.model === b.model && (a.swapId !== null || (a.container === b.container && a.hosts.join() === b.hosts.join()))

/** Looked for again after 5, 10, 20, then every 30 seconds. It blocks itself only (E4). */
function away(state: ArbiterState, entry: HostEntry, code: ErrorCode, message: string): ArbiterState {
  const retryAt = state.clock + Math.min(firstRetryMs * 2 ** entry.tries, longestRetryMs)
  const lost = entry.state === 'quarantined' ? 'quarantined' : 'unreachable'
  return replace(state, {
    ...entry,
    state: lost,
    cause: { code, message: message.slice(0, 500) },
    survey: null,
    tries: Math.min(entry.tries + 1, 10),
    retryAt,
  })
}

const replace = (state: ArbiterState, entry: HostEntry): ArbiterState => ({
  ...state,
  hosts: state.hosts.map((one) => (one.host === entry.host ? entry : one)),
})

/** Looks again at those whose time has come. */
export function retrySurveys(state: ArbiterState): Change {
  const due = state.hosts.filter((entry) => entry.retryAt !== null && entry.retryAt <= state.clock).map((entry) => entry.host)
  return due.length === 0 ? only(state) : beginSurveys(state, due)
}

/** Looks anew at hosts that were known; one that is away, or under a survey already, has its own time. */
export const resurvey = (state: ArbiterState, names: readonly HostName[]): Change =>
  state.recovered
    ? beginSurveys(
        state,
        state.hosts.filter((entry) => names.includes(entry.host) && entry.state === 'known').map((entry) => entry.host),
      )
    : only(state)

/** When a host that is away is to be looked at again; null: never. */
export function retryAt(state: ArbiterState): number | null {
  const times = state.hosts.flatMap((entry) => (entry.retryAt === null || isOccupied(state, entry.host) ? [] : [entry.retryAt]))
  return times.length === 0 ? null : Math.min(...times)
}

/** The hosts of cluster.yaml as they are now. New ones are surveyed first; what ran on one that is gone is not ours to change any more. */
export function hostsListed(state: ArbiterState, names: readonly HostName[], registeredAttributes: readonly string[]): Change {
  const hosts = [...new Set(names)].map((host): HostEntry => state.hosts.find((entry) => entry.host === host) ?? unseen(host))
  const kept = { ...state, hosts, registeredAttributes: [...registeredAttributes] }
  const deployments = state.deployments.flatMap((one) => {
    const still = one.hosts.filter((host) => names.includes(host))
    return still.length === 0 ? [] : [{ ...one, hosts: still }]
  })
  return state.recovered ? beginSurveys({ ...kept, deployments }, unsurveyed(kept)) : only({ ...kept, deployments })
}

export const unsurveyed = (state: ArbiterState): HostName[] =>
  state.hosts.filter((entry) => entry.state === 'surveying' && entry.survey === null).map((entry) => entry.host)
