import { ForceReleaseBody } from '../../domain/lock.ts'
import { HostName, oneLine, SwapId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { OnBusy, OnDrainTimeout, OnFailure, SwapBody } from '../../domain/swap.ts'
import type { Context } from '../context.ts'
import { fit } from '../fit.ts'
import { z } from 'zod'

/** The fields of a posted form. A value that is left blank is not there. Throws `wrong_content_type`. */
export function readForm(ctx: Context): URLSearchParams {
  if (ctx.is('application/x-www-form-urlencoded') === false) throw new Problem('wrong_content_type', 'The page sends forms only')
  return new URLSearchParams(ctx.state.rawBody.toString('utf8'))
}

/** A field's text; undefined when it was left blank. */
export const filled = (form: URLSearchParams, name: string): string | undefined => {
  const value = form.get(name)?.trim()
  return value === undefined || value === '' ? undefined : value
}

/** A field's number; undefined when it was left blank. What is no number is NaN, for a schema to refuse. */
export const numberIn = (form: URLSearchParams, name: string): number | undefined => {
  const value = filled(form, name)
  return value === undefined ? undefined : Number(value)
}

/** The hosts that were ticked; undefined when none was. */
export const hostsIn = (form: URLSearchParams): string[] | undefined => (form.has('hosts') ? form.getAll('hosts') : undefined)

/** Names that a dialog gives each attempt, so that a form sent twice swaps once. */
const Attempt = z.string().regex(/^[A-Za-z0-9-]{8,64}$/)

export interface SwapForm {
  readonly body: SwapBody
  readonly force: boolean
  readonly attempt: string | null
}

/** A swap as the dialog asks for it: `place` holds the chosen hosts, with commas between. */
export function readSwapForm(form: URLSearchParams): SwapForm {
  const place = filled(form, 'place')
  const body = fit(
    SwapBody,
    {
      model: form.get('model'),
      ...common(form),
      hosts: place === undefined ? undefined : place.split(','),
      restart: form.has('restart'),
      ignore_estimate: form.has('ignore_estimate'),
      on_failure: optional(OnFailure, form, 'on_failure'),
      on_drain_timeout: optional(OnDrainTimeout, form, 'on_drain_timeout'),
    },
    'body',
  )
  if (body.model === null) throw new Problem('invalid_request', 'model: is missing', { errors: [{ field: 'model', message: 'is missing' }] })
  return { body, force: form.has('force'), attempt: attemptOf(form) }
}

export function readUnloadForm(form: URLSearchParams): SwapForm {
  const body = fit(SwapBody, { model: null, ...common(form), hosts: form.getAll('hosts') }, 'body')
  return { body, force: false, attempt: attemptOf(form) }
}

export const readCancelForm = (form: URLSearchParams): { id: string; reason: string } => ({
  id: fit(SwapId, form.get('id'), 'body'),
  reason: optional(oneLine(500), form, 'reason') ?? 'cancelled on the dashboard',
})

export function readReleaseForm(form: URLSearchParams): z.output<typeof ForceReleaseBody> {
  const hosts = form.getAll('hosts')
  return fit(ForceReleaseBody, { reason: form.get('reason') ?? '', hosts: hosts.length === 0 ? undefined : hosts }, 'body')
}

export const readDryRunForm = (form: URLSearchParams): { model: string; hosts: string[] } => ({
  model: form.get('model') ?? '',
  hosts: fit(z.array(HostName).max(16), form.getAll('hosts'), 'body'),
})

const common = (form: URLSearchParams): { reason: string | undefined; on_busy: string | undefined } => ({
  reason: filled(form, 'reason'),
  on_busy: optional(OnBusy, form, 'on_busy'),
})

const optional = <T extends z.ZodType>(schema: T, form: URLSearchParams, name: string): z.output<T> | undefined => {
  const value = filled(form, name)
  return value === undefined ? undefined : fit(schema, value, 'body')
}

/** Its name, so that a form sent twice does its work once; null for a form without. */
export const attemptOf = (form: URLSearchParams): string | null => {
  const value = filled(form, 'attempt')
  return value === undefined ? null : fit(Attempt, value, 'body')
}
