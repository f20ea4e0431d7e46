import { WorkflowNotFoundError } from '@temporalio/client'
import { nothingHeld } from '../../domain/guardian/held.ts'
import { MonitorBeat } from '../../domain/monitor-beat.ts'
import { monitorWorkflowId, type ClusterId } from '../../domain/names.ts'
import type { ServiceLook } from '../../domain/services/look.ts'
import type { HostLook } from '../../domain/status.ts'
import { Briefly } from '../briefly.ts'
import { heartbeatOf } from './heartbeat.ts'
import type { TemporalLink } from './link.ts'

const nothingSeen: MonitorBeat = { hosts: [], services: [], guard: nothingHeld }

/** What the monitor last saw of each host and service: the heartbeat of its long activity, at most a second old here. */
export class Looks {
  readonly #link: TemporalLink
  readonly #workflowId: string
  readonly #looks = new Briefly<MonitorBeat>(1_000)

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#workflowId = monitorWorkflowId(clusterId)
  }

  /** Empty where no monitor runs. Throws `temporal_down`. */
  async read(): Promise<readonly HostLook[]> {
    return (await this.#beat()).hosts
  }

  /** The same for services. */
  async readServices(): Promise<readonly ServiceLook[]> {
    return (await this.#beat()).services
  }

  #beat(): Promise<MonitorBeat> {
    return this.#looks.get('', async () => {
      try {
        const description = await this.#link.call((client) => client.workflow.getHandle(this.#workflowId).describe())
        return heartbeatOf(description, MonitorBeat) ?? nothingSeen
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return nothingSeen
        throw error
      }
    })
  }
}
