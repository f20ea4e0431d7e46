import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigSource } from '../../config/load.ts'
import type { Actor, EventType, Noted } from '../../domain/events.ts'
import { errors } from '../../domain/errors.ts'
import { Problem } from '../../domain/problem.ts'
import type { Registered, RegistryState, ScheduleAnswer, ScheduleCommand } from '../../domain/scheduling/command.ts'
import { decideSchedules, scheduleIn } from '../../domain/scheduling/registry.ts'
import type { ManagedBody, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { dueTimeOf } from '../../domain/scheduling/standing.ts'
import { scheduleView } from '../../domain/schedule-view.ts'
import type { ScheduleControl } from '../deps.ts'
import { note } from './audit-note.ts'
import type { ClusterLink } from './cluster-link.ts'
import { checkSchedule } from './schedule-check.ts'
import { importSchedules } from './schedule-import.ts'
import { ScheduleLists } from './schedule-list.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly config: ConfigSource
}

/** How long a run by hand waits until Temporal has a schedule that was registered a moment ago. */
const mirroredWithin_ms = 4_000
const pings = { done: 'ok', start: 'started', fail: 'failed' } as const

/** Schedules, by the registry's word; what Temporal itself fires is asked of Temporal. */
export function createSchedules({ links, config }: Parts): ScheduleControl {
  const lists = new ScheduleLists(links, config)

  const known = async (id: string): Promise<Registered> => {
    const one = scheduleIn(await lists.state(), id) ?? scheduleIn(await lists.stateNow(), id) // another process may just have registered it
    if (one === undefined) throw unknown(id)
    return one
  }
  const managed = async (id: string): Promise<ManagedBody> => {
    const { body } = await known(id)
    if (body.kind !== 'managed') throw new Problem('schedule_not_managed')
    return body
  }
  const read = async (id: string): Promise<ScheduleView> => {
    const one = await known(id)
    return scheduleView(one, links().arbiter.now(), await timesOf(one, links()))
  }
  /**
   * How it stands after a change that is done. Where the registry is too busy to be asked once more, it is as the change must have left it: a 503 would say
   * that nothing was done.
   */
  const after = async (id: string, before: RegistryState, change: ScheduleCommand | null): Promise<ScheduleView> => {
    try {
      return await read(id)
    } catch (error) {
      const now = links().arbiter.now()
      const commands = change === null ? [] : [change]
      const one = scheduleIn(decideSchedules({ ...before, recovered: true }, { commands, notAfter: Infinity }, now).state, id)
      if (!(error instanceof Problem) || errors[error.code].status !== 503 || one === undefined) throw error
      return scheduleView(one, now, null)
    }
  }
  const say = (type: EventType, id: string, by: Actor, more: Partial<Noted>): Promise<void> =>
    note(links().arbiter, { type, schedule: id, by, ...more })

  const pause = async (id: string, paused: boolean, by: Actor): Promise<ScheduleView> => {
    await managed(id)
    const before = await lists.state()
    const change = { type: paused ? 'pause' : 'resume', id } as const
    const answer = await links().schedules.ask(change)
    refuse(answer, id)
    lists.forget()
    if (answer.kind === 'noted')
      await say('schedule_updated', id, by, { result: paused ? 'paused' : 'resumed', before: { paused: !paused }, after: { paused } })
    return await after(id, before, change)
  }

  return {
    list: () => lists.list(),
    read,

    async put(body, by) {
      checkSchedule(body, config, links().arbiter.now())
      const before = await lists.state()
      const change = { type: 'register', body } as const
      const answer = await links().schedules.ask(change)
      refuse(answer, body.id)
      lists.forget()
      if (answer.kind !== 'registered') throw new Error(`the schedule registry answered ${answer.kind}`) // a defect: shown as `unexpected`
      // Crons register themselves at each boot: what changed nothing is no news.
      if (answer.changed) await say(answer.created ? 'schedule_created' : 'schedule_updated', body.id, by, { before: answer.before, after: body })
      return { created: answer.created, schedule: await after(body.id, before, change) }
    },

    async remove(id, by) {
      await known(id)
      const answer = await links().schedules.ask({ type: 'remove', id })
      refuse(answer, id)
      lists.forget()
      if (answer.kind === 'removed') await say('schedule_deleted', id, by, { before: answer.before })
    },

    async ping(id, what, _by, detail) {
      const one = await known(id)
      if (one.body.kind === 'managed') throw new Problem('schedule_managed')
      const before = await lists.state()
      const at = links().arbiter.now()
      const news = { eventId: `ping_${randomUUID()}`, at, what: pings[what], via: 'ping', swapId: null, key: null, detail: detail ?? null } as const
      const change = { type: 'note_run', id, due: dueTimeOf(one, at), news } as const
      refuse(await links().schedules.ask(change), id)
      lists.forget()
      return await after(id, before, change)
    },

    async run(id, by) {
      const { overlap } = await managed(id)
      const before = await lists.state()
      const until = performance.now() + mirroredWithin_ms
      while (!(await links().schedules.trigger(id, overlap))) {
        if (performance.now() > until) throw new Problem('worker_down', 'Temporal does not have this schedule yet; nothing was done', {}, 5)
        await delay(200)
      }
      lists.forget()
      await say('schedule_run', id, by, { result: 'asked for by hand' })
      return await after(id, before, null)
    },

    pause: (id, by) => pause(id, true, by),
    resume: (id, by) => pause(id, false, by),

    async import(body, by) {
      const report = await importSchedules(body, by, { links, config })
      lists.forget()
      return report
    },
  }
}

/** Temporal knows best when it will fire; where it cannot be asked, the plan says it. */
async function timesOf({ body, paused, inTemporal, revision }: Registered, { schedules }: ClusterLink): Promise<number[] | null> {
  if (body.kind !== 'managed' || paused || inTemporal !== revision) return null
  return await schedules.nextTimes(body.id).catch(() => null)
}

function refuse(answer: ScheduleAnswer, id: string): void {
  if (answer.kind !== 'refused') return
  throw answer.code === 'unknown_schedule' ? unknown(id) : new Problem(answer.code)
}

const unknown = (id: string): Problem => new Problem('unknown_schedule', `No schedule is called ${JSON.stringify(id.slice(0, 100))}`)
