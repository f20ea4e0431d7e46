import type { Actor } from '../../domain/events.ts'
import { Problem } from '../../domain/problem.ts'
import type { ManagedBody } from '../../domain/scheduling/schedule.ts'
import { apiRequests } from '../../views/api-requests.ts'
import type { ApiRequest } from '../../views/curl.ts'
import { externalFields } from '../../views/dialogs/schedules/external.ts'
import { importDone, importReport } from '../../views/dialogs/schedules/import.ts'
import { paths } from '../../views/paths.ts'
import { actorOf } from '../caller.ts'
import type { Control } from '../deps.ts'
import { formAction, type Form } from './form-action.ts'
import { readDayNightForm, readExternalForm, readImportForm, readLineForm, readManagedForm, readScheduleId } from './schedule-fields.ts'

/** What the forms of the page of schedules do. */
export function scheduleForms(control: Control): readonly Form[] {
  const { schedules } = control
  const onOne = (path: string, requests: (id: string) => ApiRequest, act: (id: string, actor: Actor) => Promise<unknown>): Form =>
    formAction({
      path,
      read: readScheduleId,
      requests,
      async act(id, by) {
        await act(id, actorOf(by))
        return null
      },
    })
  return [
    formAction({
      path: paths.addExternal,
      read: readExternalForm,
      requests: apiRequests.putSchedule,
      async act(body, by) {
        await schedules.put(body, actorOf(by))
        return null
      },
    }),
    formAction({
      path: paths.readCrontabLine,
      read: (form) => ({ body: readLineForm(form), form }),
      requests: ({ body }) => apiRequests.importSchedules(body),
      async act({ body, form }, by) {
        const { imported, skipped } = await schedules.import(body, actorOf(by))
        const [read] = imported
        if (read === undefined) throw unreadable(skipped[0]?.reason ?? 'no schedule is in it')
        const values = { ...read, owner: form.get('owner') ?? '', host: form.get('host') ?? '' }
        const { hosts } = await control.readStatus()
        return externalFields(
          { values, models: control.readModels(), hosts: hosts.map(({ name }) => name) },
          'Read from the line. Look it over, then register it.',
        )
      },
    }),
    formAction({
      path: paths.addManaged,
      read: readManagedForm,
      requests: apiRequests.putSchedule,
      async act(body, by) {
        await schedules.put(body, actorOf(by))
        return null
      },
    }),
    formAction({
      path: paths.addDayNight,
      read: readDayNightForm,
      requests: (both) => both.map(apiRequests.putSchedule),
      async act(both, by) {
        await putBoth(control, both, actorOf(by))
        return null
      },
    }),
    formAction({
      path: paths.importSchedules,
      read: readImportForm,
      requests: ({ body }) => [true, false].map((dry_run) => apiRequests.importSchedules({ ...body, dry_run })),
      async act({ body, digest, register }, by) {
        const report = await schedules.import({ ...body, dry_run: !register }, actorOf(by))
        return register ? importDone(report) : importReport(report, digest)
      },
    }),
    onOne(paths.runSchedule, apiRequests.runSchedule, (id, actor) => schedules.run(id, actor)),
    onOne(paths.pauseSchedule, apiRequests.pauseSchedule, (id, actor) => schedules.pause(id, actor)),
    onOne(paths.resumeSchedule, apiRequests.resumeSchedule, (id, actor) => schedules.resume(id, actor)),
    onOne(paths.deleteSchedule, apiRequests.deleteSchedule, (id, actor) => schedules.remove(id, actor)),
  ]
}

const unreadable = (reason: string): Problem => new Problem('invalid_request', `line: ${reason}`, { errors: [{ field: 'line', message: reason }] })

/** Both or none: where the second is refused, a first one that was new is taken back. */
async function putBoth({ schedules }: Control, [night, day]: readonly [ManagedBody, ManagedBody], actor: Actor): Promise<void> {
  const { created } = await schedules.put(night, actor)
  try {
    await schedules.put(day, actor)
  } catch (error) {
    if (created) await schedules.remove(night.id, actor)
    throw error
  }
}
