import { z } from 'zod'
import { rfc3339, type Millis } from '../names.ts'
import { mark, slug, withoutSecrets, type ForeignJob, type ReadJob } from './foreign-job.ts'
import { ScheduleId } from './schedule.ts'

interface Where {
  readonly timezone: string
  readonly now: Millis
}

const Ms = z.number().min(0).max(8.64e15)
/** As `~/.openclaw/cron/jobs.json` and `openclaw cron list --json` have them. Versions differ in what else they tell. */
const Schedule = z.union([
  z.object({ kind: z.literal('cron'), expr: z.string(), tz: z.string().optional(), staggerMs: Ms.optional() }),
  z.object({ kind: z.literal('every'), everyMs: Ms, anchorMs: Ms.optional() }),
  z.object({ kind: z.literal('at'), at: z.union([z.string(), Ms]).optional(), atMs: Ms.optional() }),
])
type Schedule = z.infer<typeof Schedule>
const Job = z.object({
  id: z.string().min(1).max(200),
  name: z.string().optional(),
  description: z.string().optional(),
  enabled: z.boolean().optional(),
  createdAtMs: Ms.optional(),
  schedule: Schedule,
  payload: z.object({ message: z.string().optional(), text: z.string().optional(), command: z.unknown().optional() }).optional(),
})
type Job = z.infer<typeof Job>

/** OpenClaw puts jobs of a full hour off by up to five minutes, and runs one after the other. */
const usualGraceS = 600
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]

/** Reads OpenClaw's list of jobs: an array, or an object with `jobs`. Jobs that are switched off there are skipped. */
export function fromOpenClaw(list: unknown, where: Where): ReadJob[] {
  const jobs = Array.isArray(list) ? list : z.object({ jobs: z.array(z.unknown()) }).safeParse(list).data?.jobs
  if (jobs === undefined)
    return [{ line: null, text: textOf(list), job: { skipped: 'this is no jobs list of OpenClaw: an array, or an object with jobs' } }]
  return jobs.map((job: unknown): ReadJob => {
    const read = Job.safeParse(job)
    if (!read.success) return { line: null, text: textOf(job), job: { skipped: 'this job has no id, or no schedule of kind cron, every or at' } }
    return { line: null, text: `${read.data.name ?? read.data.id}: ${textOf(read.data.schedule)}`, job: foreignJob(read.data, where) }
  })
}

function foreignJob(job: Job, where: Where): ReadJob['job'] {
  if (job.enabled === false) return { skipped: 'it is switched off in OpenClaw' }
  const when = whenOf(job.schedule, job, where)
  if ('skipped' in when) return when
  const { message, text, command } = job.payload ?? {}
  const told = message ?? text ?? (typeof command === 'string' ? command : Array.isArray(command) ? command.join(' ') : undefined)
  const about = [job.name, job.description].filter((one) => one !== undefined && one.trim() !== '').join(': ')
  return {
    // Names change; an id that people read is kept as it is.
    id: ScheduleId.safeParse(job.id).success && !/^[0-9a-f-]{32,36}$/i.test(job.id) ? job.id : `openclaw-${mark(job.id)}`,
    ...when,
    ...(about === '' ? {} : { description: cut(about, 300) }),
    ...(told === undefined || told.trim() === '' ? {} : { command: cut(withoutSecrets(told), 500) }),
  }
}

function whenOf(schedule: Schedule, { createdAtMs }: Job, { timezone, now }: Where): Partial<ForeignJob> | { readonly skipped: string } {
  switch (schedule.kind) {
    case 'cron':
      return { cron: schedule.expr, timezone: schedule.tz ?? timezone, grace_s: usualGraceS + Math.ceil((schedule.staggerMs ?? 0) / 1_000) }
    case 'every':
      return everyOf(schedule.everyMs, schedule.anchorMs ?? createdAtMs ?? null)
    case 'at': {
      const at = momentOf(schedule.atMs ?? schedule.at)
      if (at === null) return { skipped: 'its time cannot be read' }
      return at <= now ? { skipped: `${rfc3339(at)} is over` } : { at: rfc3339(at), timezone, grace_s: usualGraceS }
    }
  }
}

/**
 * OpenClaw counts from the job's own beginning, a schedule here from its registration. Where the times are the same each day they become a cron; else one run in
 * each interval is all that can be expected.
 */
function everyOf(everyMs: number, anchor: Millis | null): Partial<ForeignJob> | { readonly skipped: string } {
  if (everyMs < 10_000) return { skipped: 'more often than every 10 seconds' }
  const even = everyMs % minuteMs === 0 && (hourMs % everyMs === 0 || (everyMs % hourMs === 0 && dayMs % everyMs === 0))
  if (anchor !== null && even) {
    const times = Array.from({ length: dayMs / everyMs }, (_, i) => new Date(((anchor % dayMs) + i * everyMs) % dayMs))
    const values = (of: (time: Date) => number): string => [...new Set(times.map(of))].sort((a, b) => a - b).join(',')
    const hours = everyMs <= hourMs ? '*' : values((time) => time.getUTCHours())
    const cron = everyMs === minuteMs ? '* * * * *' : `${values((time) => time.getUTCMinutes())} ${hours} * * *`
    return { cron, timezone: 'UTC', grace_s: Math.max(60, Math.min(usualGraceS, everyMs / 1_000)) }
  }
  const everyS = Math.round(everyMs / 1_000)
  const every = everyS % 3_600 === 0 ? `${everyS / 3_600}h` : everyS % 60 === 0 ? `${everyS / 60}m` : `${everyS}s`
  return { every, grace_s: Math.min(86_400, everyS) }
}

/** A time without a zone is UTC there. */
function momentOf(at: string | number | undefined): Millis | null {
  if (typeof at === 'number') return at
  if (at === undefined || !/^\d{4}-\d{2}-\d{2}/.test(at)) return null
  const time = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/i.test(at) || at.length === 10 ? at : `${at}Z`)
  return Number.isNaN(time) ? null : time
}

const textOf = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined // undefined has no JSON
  return slug(text ?? '') === '' ? 'nothing' : (text ?? '').slice(0, 200)
}

const cut = (text: string, most: number): string => text.replace(/\s+/g, ' ').trim().slice(0, most).toWellFormed()
