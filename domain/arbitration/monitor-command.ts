import type { HostName } from '../names.ts'
import type { Envelope } from './command.ts'

/** The monitor sees that a host holds something else than the arbiter thinks: it is looked at anew, unless it is occupied (ARBITER.md E4). */
export interface Resurvey extends Envelope {
  readonly type: 'resurvey'
  readonly hosts: readonly HostName[]
}

/** What the monitor sees of a host; the arbiter tells it when it changes. */
export interface ReportReachability extends Envelope {
  readonly type: 'report_reachability'
  readonly host: HostName
  readonly reachable: boolean
  readonly cause: string | null
}
