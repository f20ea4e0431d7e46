import { ConnectivityReport } from '../../domain/connectivity.ts'
import type { ClusterId } from '../../domain/names.ts'
import { DeepReport } from '../../domain/services/deep-report.ts'
import { workflowTypes, type HealthRequest } from '../../workflows/messages.ts'
import type { TemporalLink } from './link.ts'
import { WorkerQuestions } from './worker-questions.ts'

/** Beyond the limit of the questions themselves. */
const limit_ms = 70_000
const words = {
  late: 'The questions were not answered in time',
  noWorker: 'No worker took the questions',
  failed: 'No worker could ask the questions',
}

/** How the hosts and what they serve are, asked by a worker. Both throw `temporal_down`, `worker_down`. */
export class Health {
  readonly #clusterId: ClusterId
  readonly #questions: WorkerQuestions

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#clusterId = clusterId
    this.#questions = new WorkerQuestions(link, clusterId, words)
  }

  async deep(): Promise<DeepReport> {
    return DeepReport.parse(await this.#ask(workflowTypes.deepHealth))
  }

  async connectivity(): Promise<ConnectivityReport> {
    return ConnectivityReport.parse(await this.#ask(workflowTypes.connectivity))
  }

  #ask(type: string): Promise<unknown> {
    return this.#questions.ask({ key: type, type, prefix: type, argument: { clusterId: this.#clusterId } satisfies HealthRequest, limit_ms })
  }
}
