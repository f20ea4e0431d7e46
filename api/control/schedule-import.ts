import type { ConfigSource } from '../../config/load.ts'
import type { Actor } from '../../domain/events.ts'
import type { Millis } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { ScheduleAnswer } from '../../domain/scheduling/command.ts'
import { readImport } from '../../domain/scheduling/import.ts'
import type { ExternalBody, ImportBody, ImportReport } from '../../domain/scheduling/schedule.ts'
import { errors } from '../../domain/errors.ts'
import { noteAll } from './audit-note.ts'
import type { ClusterLink } from './cluster-link.ts'
import { checkSchedule } from './schedule-check.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly config: ConfigSource
}

/**
 * Registers what a crontab or OpenClaw has, and says what it could not take over. With `dry_run` it only says. Importing again updates.
 * Throws `invalid_request` unless there is exactly one of the two, and `unknown_timezone`.
 */
export async function importSchedules(body: ImportBody, by: Actor, { links, config }: Parts): Promise<ImportReport> {
  if ((body.crontab === undefined) === (body.openclaw === undefined)) throw exactlyOne()
  const { arbiter, schedules } = links()
  const now = arbiter.now()
  const { timezone, owner, host } = body
  checkSchedule({ kind: 'external', id: 'any', cron: '0 0 * * *', timezone, owner, host, grace_s: 300 }, config, now)
  const read = readImport(body, now)
  const looked = read.imported.map((one) => ({ one, refused: refusedHere(one, config, now) }))
  const fit = looked.flatMap(({ one, refused }) => (refused === null ? [one] : []))
  const unfit = looked.flatMap(({ one, refused }) => (refused === null ? [] : [skipped(one, refused)]))
  if (body.dry_run) return { imported: fit, skipped: [...read.skipped, ...unfit] }

  const answers = await schedules.askAll(fit.map((one) => ({ type: 'register', body: one })))
  const done = fit.map((one, i) => ({ one, answer: answers[i] }))
  const news = done.flatMap(({ one, answer }) =>
    answer?.kind === 'registered' && answer.changed
      ? [
          {
            type: answer.created ? 'schedule_created' : 'schedule_updated',
            schedule: one.id,
            by,
            before: answer.before,
            after: one,
            result: 'imported',
          } as const,
        ]
      : [],
  )
  if (news.length > 0) await noteAll(arbiter, news)
  const refused = done.flatMap(({ one, answer }) => (isRefusal(answer) ? [skipped(one, errors[answer.code].title)] : []))
  return { imported: done.flatMap(({ one, answer }) => (isRefusal(answer) ? [] : [one])), skipped: [...read.skipped, ...unfit, ...refused] }
}

/** Why it would not be taken if it was posted by itself. */
function refusedHere(one: ExternalBody, config: ConfigSource, now: Millis): string | null {
  try {
    checkSchedule(one, config, now)
    return null
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}

const skipped = (one: ExternalBody, reason: string): ImportReport['skipped'][number] => ({ line: null, text: one.command ?? one.id, reason })

const isRefusal = (answer: ScheduleAnswer | undefined): answer is Extract<ScheduleAnswer, { kind: 'refused' }> => answer?.kind === 'refused'

function exactlyOne(): Problem {
  const message = 'exactly one of crontab and openclaw says what to import'
  return new Problem('invalid_request', message, { errors: [{ field: 'crontab', message }] })
}
