import type { ConfigSource } from '../../config/load.ts'
import { Problem } from '../../domain/problem.ts'
import type { ScheduleControl } from '../deps.ts'
import type { TemporalLink } from '../temporal/link.ts'
import type { ClusterLink } from './cluster-link.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly link: TemporalLink
  readonly config: ConfigSource
}

export function createSchedules(_parts: Parts): ScheduleControl {
  const missing = () => Promise.reject(new Problem('not_found'))
  return {
    list: missing,
    read: missing,
    put: missing,
    remove: missing,
    ping: missing,
    run: missing,
    pause: missing,
    resume: missing,
    import: missing,
  }
}
