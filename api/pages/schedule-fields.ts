import { createHash } from 'node:crypto'
import { Problem } from '../../domain/problem.ts'
import { ExternalBody, ImportBody, ManagedBody, ScheduleId } from '../../domain/scheduling/schedule.ts'
import { fit } from '../fit.ts'
import { filled, hostsIn, numberIn } from './form.ts'
import { utcOf } from './local-time.ts'
import { z } from 'zod'

export const readScheduleId = (form: URLSearchParams): string => fit(ScheduleId, form.get('id') ?? '', 'body')

/** Only the way that was chosen counts; the others' fields may hold anything. */
function whenIn(form: URLSearchParams): Record<string, string | undefined> {
  const timezone = filled(form, 'timezone')
  const rhythm = form.get('rhythm')
  const value = filled(form, rhythm ?? '')
  switch (rhythm) {
    case 'cron':
    case 'every':
      return { [rhythm]: value ?? missing(rhythm), timezone }
    case 'at':
      return { at: utcOf(value ?? missing('at'), timezone ?? 'UTC'), timezone }
    default:
      return missing('rhythm')
  }
}

function missing(field: string): never {
  throw new Problem('invalid_request', `${field}: is missing`, { errors: [{ field, message: 'is missing' }] })
}

export const readExternalForm = (form: URLSearchParams): ExternalBody =>
  fit(
    ExternalBody,
    {
      id: form.get('id') ?? '',
      ...whenIn(form),
      owner: form.get('owner') ?? '',
      host: form.get('host') ?? '',
      command: filled(form, 'command'),
      description: filled(form, 'description'),
      model: filled(form, 'model'),
      hosts: hostsIn(form),
      grace_s: numberIn(form, 'grace_s'),
      expected_s: numberIn(form, 'expected_s'),
    },
    'body',
  )

export const readManagedForm = (form: URLSearchParams): ManagedBody =>
  fit(
    ManagedBody,
    {
      kind: 'managed',
      id: form.get('id') ?? '',
      ...whenIn(form),
      action: actionIn(form),
      description: filled(form, 'description'),
      when_refused: filled(form, 'when_refused'),
      wait_s: numberIn(form, 'wait_s'),
      overlap: filled(form, 'overlap'),
      catchup_window_s: numberIn(form, 'catchup_window_s'),
      jitter_s: numberIn(form, 'jitter_s'),
      expected_s: numberIn(form, 'expected_s'),
    },
    'body',
  )

/** The fields of the chosen action; what belongs to others is left alone. */
function actionIn(form: URLSearchParams): Record<string, unknown> {
  const type = form.get('action') ?? ''
  const hosts = hostsIn(form)
  switch (type) {
    case 'swap':
      return { type, model: filled(form, 'model') ?? null, hosts, on_failure: filled(form, 'on_failure'), restart: form.has('restart') }
    case 'restart_service':
      return { type, host: form.get('service_host') ?? '', container: form.get('container') ?? '' }
    case 'release_stale_lock':
      return { type, held_longer_than_s: numberIn(form, 'held_longer_than_s'), hosts }
    default:
      return { type, hosts }
  }
}

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, as 22:00')

/** Two schedules by one form: the first swaps in the evening, the second in the morning. */
export function readDayNightForm(form: URLSearchParams): readonly [night: ManagedBody, day: ManagedBody] {
  const common = { timezone: filled(form, 'timezone'), when_refused: filled(form, 'when_refused') }
  const name = filled(form, 'name') ?? missing('name')
  const part = (which: 'night' | 'day'): ManagedBody => {
    const [hour, minute] =
      fit(z.object({ [`${which}_time`]: Time }), { [`${which}_time`]: form.get(`${which}_time`) ?? '' }, 'body')[`${which}_time`]?.split(':') ?? []
    const model = filled(form, `${which}_model`) ?? missing(`${which}_model`)
    const cron = `${String(Number(minute))} ${String(Number(hour))} * * *`
    return fit(
      ManagedBody,
      { kind: 'managed', id: `${name}-${which}`, cron, ...common, action: { type: 'swap', model, hosts: hostsIn(form) } },
      'body',
    )
  }
  const [night, day] = [part('night'), part('day')]
  if (night.cron === day.cron) {
    const message = 'is the time of the night model too'
    throw new Problem('invalid_request', `day_time: ${message}`, { errors: [{ field: 'day_time', message }] })
  }
  return [night, day]
}

export interface ImportForm {
  readonly body: Omit<ImportBody, 'dry_run'>
  /** Names just this text and these fields. */
  readonly digest: string
  /** Whether just this was looked at before, and is to be registered now. */
  readonly register: boolean
}

/** A crontab, or where the text is JSON, the jobs of OpenClaw. */
export function readImportForm(form: URLSearchParams): ImportForm {
  const list = filled(form, 'list') ?? missing('list')
  const source = /^[[{]/.test(list) ? { openclaw: parsed(list) } : { crontab: list.replaceAll('\r\n', '\n') }
  const { dry_run: _, ...body } = fit(
    ImportBody,
    { ...source, owner: form.get('owner') ?? '', host: form.get('host') ?? '', timezone: filled(form, 'timezone') },
    'body',
  )
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)
  return { body, digest, register: form.has('register') && form.get('looked') === digest }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const message = 'begins like JSON and is none'
    throw new Problem('invalid_request', `list: ${message}`, { errors: [{ field: 'list', message }] })
  }
}

/** One line, read as an import that changes nothing. Owner and host may be told later. */
export const readLineForm = (form: URLSearchParams): ImportBody =>
  fit(
    ImportBody,
    {
      crontab: filled(form, 'line') ?? missing('line'),
      owner: filled(form, 'owner') ?? 'unknown',
      host: filled(form, 'host') ?? 'unknown',
      timezone: filled(form, 'timezone'),
      dry_run: true,
    },
    'body',
  )
