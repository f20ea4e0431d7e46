import { WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { monitorWorkflowId, type ClusterId } from '../../domain/names.ts'
import { HostLook } from '../../domain/status.ts'
import { Briefly } from '../briefly.ts'
import { heartbeatOf } from './heartbeat.ts'
import type { TemporalLink } from './link.ts'

/** What the monitor last saw of each host: the heartbeat of its long activity, at most a second old here. */
export class Looks {
  readonly #link: TemporalLink
  readonly #workflowId: string
  readonly #looks = new Briefly<readonly HostLook[]>(1_000)

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#workflowId = monitorWorkflowId(clusterId)
  }

  /** Empty where no monitor runs. Throws `temporal_down`. */
  read(): Promise<readonly HostLook[]> {
    return this.#looks.get('', async () => {
      try {
        const description = await this.#link.call((client) => client.workflow.getHandle(this.#workflowId).describe())
        return heartbeatOf(description, z.array(HostLook)) ?? []
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return []
        throw error
      }
    })
  }
}
