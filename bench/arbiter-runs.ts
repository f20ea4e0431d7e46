import type { Client } from '@temporalio/client'

const mostRuns = 10_000

/** How many runs a workflow has had, by continue-as-new: counted back from the current one by what each run's first event says of the one before. */
export async function arbiterRunsOf(client: Client, workflowId: string): Promise<number> {
  let { runId } = await client.workflow.getHandle(workflowId).describe()
  for (let runs = 1; runs < mostRuns; runs += 1) {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    })
    const before = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId
    if (before === undefined || before === null || before === '') return runs
    runId = before
  }
  return mostRuns
}
