import { arbiterWorkflowId } from '../../domain/names.ts'
import { arbiterTaskTimeout, type ArbiterRequest } from '../../workflows/messages.ts'
import { startStage, type Stage } from './stage.ts'

/** A stage of two hosts whose arbiter begins a new run after so few batches that a test sees several. */
export async function stageWithShortRuns(batchesARun: number): Promise<Stage> {
  const hosts = ['spark-1', 'spark-2']
  const stage = await startStage({ hosts, worker: false })
  const request: ArbiterRequest = { clusterId: stage.clusterId, hosts, carried: null, batchesARun }
  await stage.client.workflow.start('gpuArbiter', {
    ...{ workflowId: arbiterWorkflowId(stage.clusterId), taskQueue: stage.taskQueue, args: [request], workflowTaskTimeout: arbiterTaskTimeout },
  })
  await stage.addWorker()
  await stage.surveyed()
  return stage
}
