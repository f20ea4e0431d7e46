import { inWords, type Operation } from './lock-history.ts'
import type { Tolerance } from './lock-model.ts'

export const fenceOf = ({ told }: Operation): number | null => (told.kind === 'granted' ? told.fence : null)
/** A reservation was granted, or said again to be. */
const isGrant = (operation: Operation): boolean => operation.told.kind === 'granted' && operation.asked.what === 'acquire'

/** Fences of two tokens that are the same, or that fall although one grant was over before the other was asked for. */
export function fencesOutOfOrder(operations: readonly Operation[]): string[] {
  const grants = operations.filter((one) => isGrant(one) && fenceOf(one) !== null).toSorted((a, b) => a.to_ms - b.to_ms)
  const found: string[] = []
  const owners = new Map<number, Operation>()
  for (const grant of grants) {
    const fence = fenceOf(grant) ?? 0
    const other = owners.get(fence)
    if (other !== undefined && tokenOf(other) !== tokenOf(grant)) found.push(`one fence was granted twice: ${inWords(other)}; ${inWords(grant)}`)
    owners.set(fence, grant)
  }
  let highest: Operation | null = null
  let next = 0
  for (const grant of operations.filter((one) => isGrant(one) && fenceOf(one) !== null)) {
    for (let over = grants[next]; over !== undefined && over.to_ms < grant.from_ms; over = grants[++next])
      if ((fenceOf(over) ?? 0) > (highest === null ? 0 : (fenceOf(highest) ?? 0))) highest = over
    if (highest !== null && tokenOf(highest) !== tokenOf(grant) && (fenceOf(grant) ?? 0) < (fenceOf(highest) ?? 0) && isFirstOf(operations, grant))
      found.push(`a later grant has a lower fence: ${inWords(highest)}; ${inWords(grant)}`)
  }
  return found
}

export const tokenOf = ({ asked }: Operation): string | null => ('token' in asked ? asked.token : null)

/** Whether nothing under this token, not even an operation without an answer, was asked before: else it may only say again what was granted then. */
const isFirstOf = (operations: readonly Operation[], grant: Operation): boolean =>
  operations.find((one) => one.asked.what === 'acquire' && tokenOf(one) === tokenOf(grant)) === grant

/** Times at which a token surely held a host: from the answer of a grant to the first thing that could have ended it. */
export function twoHolders(operations: readonly Operation[], { early_ms, open_ms }: Tolerance): string[] {
  const found: string[] = []
  const surely = operations.filter(isGrant).map((grant) => ({ grant, until: surelyUntil(operations, grant, open_ms) - early_ms }))
  for (const [i, { grant, until }] of surely.entries()) {
    for (const other of surely.slice(i + 1)) {
      const [first, second] = grant.to_ms <= other.grant.to_ms ? [{ grant, until }, other] : [other, { grant, until }]
      if (tokenOf(first.grant) === tokenOf(second.grant) || !shareHosts(first.grant, second.grant)) continue
      if (second.grant.to_ms < first.until && second.grant.from_ms >= first.grant.to_ms)
        found.push(`two held at once: ${inWords(first.grant)}; ${inWords(second.grant)}`)
    }
  }
  return found
}

function surelyUntil(operations: readonly Operation[], grant: Operation, open_ms: number): number {
  if (grant.asked.what !== 'acquire') return 0
  let until = grant.from_ms + grant.asked.ttl_ms
  for (const { asked, told, from_ms, to_ms } of operations) {
    const over_ms = told.kind === 'unknown' ? to_ms + open_ms : to_ms
    if (over_ms < grant.from_ms || told.kind === 'stale' || told.kind === 'reserved' || told.kind === 'elsewhere') continue
    const ends = asked.what === 'release' ? asked.token === tokenOf(grant) : asked.what === 'force' && shareHosts(grant, { asked })
    if (ends) until = Math.min(until, from_ms)
  }
  return until
}

const hostsOf = (asked: Operation['asked']): readonly string[] => ('hosts' in asked ? asked.hosts : [])
const shareHosts = (a: Pick<Operation, 'asked'>, b: Pick<Operation, 'asked'>): boolean =>
  hostsOf(a.asked).some((host) => hostsOf(b.asked).includes(host))
