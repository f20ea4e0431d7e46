import { z } from 'zod'
import { oneLine } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import {
  ExternalBody,
  ImportBody,
  ImportReport,
  ManagedBody,
  ScheduleBody,
  ScheduleId,
  ScheduleList,
  ScheduleView,
} from '../../domain/scheduling/schedule.ts'
import { actorOf } from '../caller.ts'
import type { Caller, Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { wholeNumber } from '../query.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import {
  conflict,
  cronProblem,
  existsProblem,
  externalBody,
  externalView,
  importReport,
  managedBody,
  managedView,
  notManagedProblem,
  unknownScheduleProblem,
} from './schedule-examples.ts'

const tag = 'schedule'
const path = '/api/schedule'
const ById = z.strictObject({ id: ScheduleId })
const notThere = problem('unknown_schedule')
const unfit = problem('invalid_request', 'cron_invalid', 'cron_never_fires', 'unknown_timezone', 'unknown_host', 'too_many_hosts', 'too_few_hosts')
const taken = problem('schedule_exists', 'too_many_schedules')
const notManaged = problem('schedule_not_managed')
const nothingMore = z.strictObject({}).default({})
const Said = z.strictObject({ detail: oneLine(300).optional().meta({ description: 'How it went, for others to read' }) }).default({})
/** `id` may be left out where the path has it. */
const BodyById = z.union([ManagedBody.partial({ id: true }), ExternalBody.partial({ id: true })])

const Page = ScheduleList.extend({
  total: z.int().meta({ description: 'How many there are in all that fit' }),
  next: ScheduleId.nullable().meta({ description: 'Send it as `after` for the page after this one; null for the last' }),
})

export const scheduleRoutes = [
  route({
    method: 'GET',
    path,
    summary: 'List schedules by id, and where they will collide in the next seven days',
    scope: 'read',
    tag,
    query: z.strictObject({
      limit: wholeNumber(1, 2000).default(200),
      after: ScheduleId.optional().meta({ description: '`next` of the page before' }),
      kind: z.enum(['external', 'managed']).optional(),
      state: ScheduleView.options[0].shape.state.optional(),
    }),
    answers: { 200: json(Page, 'One page. `conflicts` are those of all schedules'), 422: problem('invalid_request'), 503: unavailable },
    examples: { answers: { 200: { schedules: [managedView, externalView], conflicts: [conflict], total: 2, next: null } } },
    handle: async ({ query: { limit, after, kind, state } }, { control }) => {
      const { schedules, conflicts } = await control.schedules.list()
      const fitting = schedules.filter((one) => (kind === undefined || one.kind === kind) && (state === undefined || one.state === state))
      const left = fitting.filter(({ id }) => after === undefined || id > after)
      return reply(200, {
        schedules: left.slice(0, limit),
        conflicts,
        total: fitting.length,
        next: left.length > limit ? (left[limit - 1]?.id ?? null) : null,
      })
    },
  }),
  route({
    method: 'POST',
    path,
    summary: 'Register a schedule, or register it again under the same id',
    scope: 'swap',
    tag,
    body: ScheduleBody,
    answers: {
      201: json(ScheduleView, 'Registered'),
      200: json(ScheduleView, 'It was there already, and is now as you say'),
      404: problem('unknown_model'),
      409: taken,
      422: unfit,
      503: unavailable,
    },
    examples: { body: externalBody, answers: { 201: externalView, 409: existsProblem, 422: cronProblem } },
    handle: async ({ body, caller }, { control }) => await put(body, caller, control),
  }),
  route({
    method: 'POST',
    path: `${path}/import`,
    summary: 'Register the lines of a crontab, or the jobs of OpenClaw, as external schedules',
    scope: 'swap',
    tag,
    body: ImportBody,
    answers: { 200: json(ImportReport, 'What was registered, or would be with `dry_run`, and what was not and why'), 422: unfit, 503: unavailable },
    examples: {
      body: { crontab: '0 3 * * * /home/ada/nightly.sh\n', owner: 'Ada', host: 'nas', timezone: 'Europe/Zurich', dry_run: true },
      answers: { 200: importReport },
    },
    handle: async ({ body, caller }, { control }) => reply(200, await control.schedules.import(body, actorOf(caller))),
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'One schedule',
    scope: 'read',
    tag,
    params: ById,
    answers: { 200: json(ScheduleView, 'The schedule'), 404: notThere, 422: problem('invalid_request'), 503: unavailable },
    examples: { answers: { 200: managedView, 404: unknownScheduleProblem } },
    handle: async ({ params }, { control }) => reply(200, await control.schedules.read(params.id)),
  }),
  route({
    method: 'PUT',
    path: `${path}/{id}`,
    summary: 'Register a schedule under this id, or change it',
    scope: 'swap',
    tag,
    params: ById,
    body: BodyById,
    answers: {
      201: json(ScheduleView, 'Registered'),
      200: json(ScheduleView, 'Changed'),
      404: problem('unknown_model'),
      409: taken,
      422: unfit,
      503: unavailable,
    },
    examples: { body: managedBody, answers: { 200: managedView, 409: existsProblem } },
    handle: async ({ params: { id }, body, caller }, { control }) => {
      if (body.id !== undefined && body.id !== id) throw otherId(id)
      return await put(fit(ScheduleBody, { ...body, id }, 'body'), caller, control)
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Remove a schedule. A run that is going on is not stopped',
    scope: 'swap',
    tag,
    params: ById,
    body: nothingMore,
    answers: { 200: json(z.strictObject({ removed: ScheduleId }), 'Removed'), 404: notThere, 422: problem('invalid_request'), 503: unavailable },
    examples: { answers: { 200: { removed: 'nightly-embeddings' }, 404: unknownScheduleProblem } },
    handle: async ({ params: { id }, caller }, { control }) => {
      await control.schedules.remove(id, actorOf(caller))
      return reply(200, { removed: id })
    },
  }),
  ...(
    [
      ['ping', 'done', 'A job tells that it has run; for jobs that do not swap'],
      ['ping/start', 'start', 'A job tells that it begins'],
      ['ping/fail', 'fail', 'A job tells that it failed'],
    ] as const
  ).map(([end, what, summary]) =>
    route({
      method: 'POST',
      path: `${path}/{id}/${end}`,
      summary,
      scope: 'swap',
      tag,
      params: ById,
      body: Said,
      answers: {
        200: json(ScheduleView, 'Noted'),
        404: notThere,
        409: problem('schedule_managed'),
        422: problem('invalid_request'),
        503: unavailable,
      },
      examples: { answers: { 200: externalView, 404: unknownScheduleProblem } },
      handle: async ({ params, body, caller }, { control }) =>
        reply(200, await control.schedules.ping(params.id, what, actorOf(caller), body.detail)),
    }),
  ),
  ...(
    [
      ['run', 'Run a managed schedule now, under its own rule for overlaps'],
      ['pause', 'Pause a managed schedule. A run that is going on is not stopped'],
      ['resume', 'Let a paused managed schedule fire again'],
    ] as const
  ).map(([end, summary]) =>
    route({
      method: 'POST',
      path: `${path}/{id}/${end}`,
      summary,
      scope: 'swap',
      tag,
      params: ById,
      body: nothingMore,
      answers: { 200: json(ScheduleView, 'Done'), 404: notThere, 409: notManaged, 422: problem('invalid_request'), 503: unavailable },
      examples: { answers: { 200: managedView, 404: unknownScheduleProblem, 409: notManagedProblem } },
      handle: async ({ params, caller }, { control }) => reply(200, await control.schedules[end](params.id, actorOf(caller))),
    }),
  ),
]

async function put(body: ScheduleBody, caller: Caller, { schedules }: Control) {
  const { created, schedule } = await schedules.put(body, actorOf(caller))
  return created ? reply(201, schedule, { Location: `${path}/${schedule.id}` }) : reply(200, schedule)
}

function otherId(id: string): Problem {
  const message = `must be ${id}, as in the path, or be left out`
  return new Problem('invalid_request', `id: ${message}`, { errors: [{ field: 'id', message }] })
}
