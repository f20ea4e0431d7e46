import type { Deployment } from '../deployment.ts'
import type { ErrorCode } from '../errors.ts'
import type { HostName } from '../names.ts'

/** What a survey found on one host (E4). */
export interface HostSurvey {
  readonly host: HostName
  readonly reachable: boolean
  readonly cause: string | null
  /** The error that `cause` tells of; null where all is well. */
  readonly code: ErrorCode | null
  /** Highest fence in the host's file; 0 when there is none. */
  readonly fence: number
  readonly foreignCluster: string | null
  /** A deployment that the survey recognised on this host, with its snapshot when the swap's memo still has it. */
  readonly deployment: Deployment | null
  /** Engine processes or listeners that belong to no container of ours. */
  readonly strays: readonly string[]
}
