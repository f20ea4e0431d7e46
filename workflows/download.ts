import { ActivityCancellationType, CancellationScope, log, proxyActivities, setCurrentDetails, upsertMemo, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { rfc3339 } from '../domain/names.ts'
import type { Download } from '../domain/storage/download.ts'
import type { DownloadRequest } from './messages.ts'
import { troubleOf } from './swap/trouble.ts'

const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' } as const
const checking: Pick<Activities, 'planDownload'> = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '10 minutes',
  retry: { ...retry, maximumAttempts: 20 },
})
const ending: Pick<Activities, 'stopJobs' | 'noteStorage'> = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '15 minutes',
  retry: { ...retry, maximumInterval: '10s' },
})

/** What counts is the limit of the whole; a network that breaks again and again may use up so many tries within it. */
const waiting = (limitS: number): Pick<Activities, 'fetchWeights' | 'copyWeights'> =>
  proxyActivities<Activities>({
    scheduleToCloseTimeout: limitS * 1000,
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { ...retry, maximumAttempts: 500 },
  })

/**
 * One repository onto one host, and from there to others. The tool that downloads is a process of the host; this only begins, follows and ends it. It holds no
 * claim: what it adds to a cache is nothing that a running model or another swap relies on.
 */
export async function download(request: DownloadRequest): Promise<Download> {
  const { limitS, stallS, weightsGib } = request
  const { host, repo } = request.record
  const copyTo = request.record.copies.map((copy) => copy.host)
  const job = { host, repo, run: workflowInfo().runId, stallS }
  let record = request.record
  const change = (more: Partial<Download>): void => {
    record = { ...record, ...more }
    upsertMemo({ download: record })
    setCurrentDetails(`**${record.phase ?? record.outcome ?? ''}**: ${repo} on ${host}`)
  }
  const copied = (to: string, state: Download['copies'][number]['state']): Pick<Download, 'copies'> => ({
    copies: record.copies.map((copy) => (copy.host === to ? { ...copy, state } : copy)),
  })

  try {
    const plan = await checking.planDownload({ host, repo, weightsGib, copyTo })
    change({ phase: 'fetch', total_bytes: plan.totalBytes, bytes: plan.bytes })
    const { fetchWeights, copyWeights } = waiting(limitS)
    change(await fetchWeights(job))
    for (const to of copyTo) {
      change({ phase: 'copy', ...copied(to, 'running') })
      await copyWeights({ ...job, to })
      change(copied(to, 'done'))
    }
    change({ phase: null, state: 'done', outcome: 'completed', ended_at: rfc3339(Date.now()) })
  } catch (error) {
    const { kind, cause } = troubleOf(error, null, false)
    const begun = record.phase !== 'check'
    const stopped = !begun || (await CancellationScope.nonCancellable(() => ended(ending.stopJobs({ host, repo, run: job.run, copyTo }))))
    change({
      ...{ phase: null, state: 'done', outcome: kind === 'cancelled' ? 'cancelled' : 'failed', ended_at: rfc3339(Date.now()) },
      cause,
      detail: stopped ? 'what is there stays, and the next download goes on from it' : `it may still run on ${host}: that could not be looked at`,
      copies: record.copies.map((copy) => (copy.state === 'running' ? { ...copy, state: 'failed' } : copy)),
    })
  }
  await CancellationScope.nonCancellable(() => ended(tell(record)))
  return record
}

function tell(record: Download): Promise<void> {
  const { model, repo, host, copies, outcome, bytes, cause } = record
  const facts = {
    download_id: record.download_id,
    model,
    repo,
    host,
    copied_to: copies.filter(({ state }) => state === 'done').map((copy) => copy.host),
  }
  return ending.noteStorage({
    id: `evt_download_${workflowInfo().runId}`,
    type: outcome === 'completed' ? 'download_complete' : 'download_failed',
    by: { name: record.holder, address: null },
    hosts: [host, ...copies.map((copy) => copy.host)],
    result: outcome,
    data: { ...facts, outcome, bytes, cause: cause === null ? null : { ...cause }, started_at: record.started_at, ended_at: record.ended_at },
  })
}

/** Whether it came to its end. What could not be done is in the log, and ends nothing else. */
async function ended(work: Promise<void>): Promise<boolean> {
  try {
    await work
    return true
  } catch (trouble) {
    log.warn('the end of a download was not wholly done', { trouble })
    return false
  }
}
