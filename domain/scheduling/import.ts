import type { Millis } from '../names.ts'
import { fromCrontab } from './crontab.ts'
import { withoutSecrets, type ReadJob } from './foreign-job.ts'
import { fromOpenClaw } from './openclaw-jobs.ts'
import { ExternalBody, type ImportBody, type ImportReport } from './schedule.ts'
import { checkWhen, isRefused } from './when.ts'

const longestText = 200

/**
 * Reads a crontab or an OpenClaw jobs list as external schedules. Ids come from what does not change when a job is planned anew, so that importing again updates.
 * What cannot be taken over is skipped with a reason. Pure; registers nothing.
 */
export function readImport(body: ImportBody, now: Millis): ImportReport {
  const { owner, host, timezone } = body
  const read = body.crontab !== undefined ? fromCrontab(body.crontab, { host, timezone }) : fromOpenClaw(body.openclaw, { timezone, now })
  const imported: ImportReport['imported'] = []
  const skipped: ImportReport['skipped'] = []
  for (const { line, text, job } of withUniqueIds(read)) {
    const skip = (reason: string): unknown => skipped.push({ line, text: withoutSecrets(text).slice(0, longestText).toWellFormed(), reason })
    if ('skipped' in job) {
      skip(job.skipped)
      continue
    }
    const given = ExternalBody.safeParse({ ...job, owner, host })
    if (!given.success) {
      skip(given.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
      continue
    }
    const plan = checkWhen(given.data, now)
    if (isRefused(plan)) skip(plan.message)
    else imported.push(given.data)
  }
  return { imported, skipped }
}

/** The same job at several times gets a number, in the order of the lines. */
function withUniqueIds(read: readonly ReadJob[]): ReadJob[] {
  const times = new Map<string, number>()
  return read.map((one) => {
    if ('skipped' in one.job) return one
    const { id } = one.job
    const before = times.get(id) ?? 0
    times.set(id, before + 1)
    return before === 0 ? one : { ...one, job: { ...one.job, id: `${id}-${before + 1}` } }
  })
}
