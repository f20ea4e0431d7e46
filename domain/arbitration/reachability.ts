import type { ReportReachability } from './monitor-command.ts'
import { tell } from './outbox.ts'
import type { ArbiterState } from './state.ts'
import { answered, type Step } from './step.ts'

/** What the monitor sees of a host. Told when it changes; a host that answers from the beginning is no news. It changes nothing that is decided. */
export function reportReachability(state: ArbiterState, { host, reachable, cause }: ReportReachability): Step {
  const entry = state.hosts.find((one) => one.host === host)
  if (entry === undefined || entry.answers === reachable) return answered(state, { kind: 'noted' })
  const seen = { ...state, hosts: state.hosts.map((one) => (one === entry ? { ...one, answers: reachable } : one)) }
  if (reachable && entry.answers === undefined) return answered(seen, { kind: 'noted' })
  return answered(tell(seen, { type: reachable ? 'host_back' : 'host_unreachable', by: null, hosts: [host], result: cause }), { kind: 'noted' })
}
