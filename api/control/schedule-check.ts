import type { ConfigSource } from '../../config/load.ts'
import { hostsTrouble } from '../../domain/launchers/parallelism.ts'
import type { Millis } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { ManagedAction, ScheduleBody } from '../../domain/scheduling/schedule.ts'
import { checkWhen, isRefused, type WhenRefused } from '../../domain/scheduling/when.ts'
import { clusterOf, hostsOf, modelOf, ready } from './catalog.ts'

/** Whether a schedule makes sense here and now. Throws `cron_invalid`, `cron_never_fires`, `unknown_timezone`, `unknown_model`, `unknown_host`, `too_many_hosts`, `too_few_hosts`, `invalid_request`. */
export function checkSchedule(body: ScheduleBody, config: ConfigSource, now: Millis): void {
  const plan = checkWhen(body, now)
  if (isRefused(plan)) throw whenProblem(plan, body)
  const { model, hosts } = uses(body)
  const known = hosts === undefined ? null : hostsOf(clusterOf(config), hosts)
  if (model === undefined || model === null) return
  const entry = modelOf(ready(config), model)
  const on = known ?? hostsOf(clusterOf(config), entry.placement)
  const trouble = body.kind === 'managed' ? hostsTrouble(entry, on.length) : null
  if (trouble !== null) throw new Problem(trouble.code, trouble.message)
}

/** The problem in a plan that cannot be, at the field that has it. */
function whenProblem({ code, message }: WhenRefused, body: ScheduleBody): Problem {
  const field = code === 'unknown_timezone' ? 'timezone' : (['cron', 'every', 'at'] as const).find((name) => body[name] !== undefined)
  return new Problem(code, message, { errors: [{ field: field ?? 'cron', message }] })
}

const uses = (body: ScheduleBody): { model?: string | null | undefined; hosts?: readonly string[] | undefined } =>
  body.kind === 'managed' ? usesOf(body.action) : { model: body.model, hosts: body.hosts }

function usesOf(action: ManagedAction): { model?: string | null | undefined; hosts?: readonly string[] | undefined } {
  switch (action.type) {
    case 'swap':
      return { model: action.model, hosts: action.hosts }
    case 'restart_service':
      return { hosts: [action.host] }
    default:
      return { hosts: action.hosts }
  }
}
