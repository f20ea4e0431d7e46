import { log } from '@temporalio/workflow'
import type { ScheduledRunRequest } from './messages.ts'

/** What an external schedule starts when somebody triggers it on Temporal's own page: it says that nothing was done, and does nothing. */
export function externalRun({ scheduleId }: ScheduledRunRequest): Promise<string> {
  const words = `${scheduleId} is run by the cron of its owner, never from here: nothing was done`
  log.info(words)
  return Promise.resolve(words)
}
