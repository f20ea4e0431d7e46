import type { Model } from '../../../domain/model.ts'
import type { ScheduleView } from '../../../domain/scheduling/schedule.ts'
import type { Status } from '../../../domain/status.ts'
import { permit, type ActionName } from '../../actions.ts'
import { dialogButton } from '../../button.ts'
import { html, type Html, type Piece } from '../../html.ts'
import { hostList, modelName } from '../../model-name.ts'
import { paths } from '../../paths.ts'
import { runHistory } from '../../schedules/runs.ts'
import { actionWords, stateBadge, whose } from '../../schedules/schedule-state.ts'
import { duration, moment, planned } from '../../time.ts'
import { deed, dialogForm, dialogFrame } from '../frame.ts'

interface Details {
  readonly schedule: ScheduleView
  readonly status: Status
  readonly models: readonly Model[]
}

/** All about one schedule: its plan, its runs, and what can be done with it. */
export const scheduleDialog = ({ schedule, status, models }: Details): Html =>
  dialogFrame(
    schedule.id,
    html`
      <p>${stateBadge(schedule)} ${schedule.words}</p>
      ${schedule.description !== undefined && html`<p>${schedule.description}</p>`}
      <dl class="about">
        ${aboutOf(schedule, models).map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      <h3>Next runs</h3>
      ${
        schedule.next_runs.length === 0
          ? html`<p class="muted">None.</p>`
          : html`<p class="facts">${schedule.next_runs.slice(0, 5).map((at) => html`<span>${planned(at)}</span>`)}</p>`
      }
      <h3>Runs</h3>
      ${runHistory(schedule.runs.slice(0, 20))}
      <h3>What can be done</h3>
      ${deeds(schedule, status)}
    `,
  )

type Fact = readonly [name: string, value: Piece]

const aboutOf = (schedule: ScheduleView, models: readonly Model[]): Fact[] => [
  ['Kind', schedule.kind],
  ['Plan', html`<code>${schedule.cron ?? schedule.every ?? schedule.at ?? ''}</code> ${schedule.timezone}`],
  ...(schedule.kind === 'external' ? externalFacts(schedule, models) : managedFacts(schedule, models)),
  ['Registered', moment(schedule.created_at)],
  ['In Temporal', schedule.in_temporal ? 'yes' : 'not yet'],
]

const externalFacts = (schedule: Extract<ScheduleView, { kind: 'external' }>, models: readonly Model[]): Fact[] => [
  ['Owner', whose(schedule)],
  ['Model', schedule.model === undefined ? 'none' : modelName(schedule.model, models)],
  ...(schedule.hosts === undefined ? [] : [['Hosts', hostList(schedule.hosts)] as const]),
  ['May be late by', duration(schedule.grace_s * 1000)],
  ...(schedule.command === undefined ? [] : [['Command', html`<code>${schedule.command}</code>`] as const]),
]

const managedFacts = (schedule: Extract<ScheduleView, { kind: 'managed' }>, models: readonly Model[]): Fact[] => [
  ['Does', actionWords(schedule.action, models)],
  ['If refused', schedule.when_refused === 'skip' ? 'skips the run' : `waits up to ${duration(schedule.wait_s * 1000)}`],
  ...(schedule.jitter_s > 0 ? [['Random delay', `up to ${duration(schedule.jitter_s * 1000)}`] as const] : []),
]

function deeds(schedule: ScheduleView, status: Status): Html {
  const id = schedule.id
  const fields = html`<input type="hidden" name="id" value="${id}" />`
  const may = (action: ActionName) => permit(action, status, [], { schedule })
  return html`
    ${deed({ id: 'run-now', action: paths.runSchedule, label: 'Run now', text: 'Starts one run at once; its plan stays as it is.', permit: may('run_schedule'), fields })}
    ${
      schedule.paused
        ? deed({
            id: 'resume',
            action: paths.resumeSchedule,
            label: 'Resume',
            text: 'It is fired again, from its next time on.',
            permit: may('resume_schedule'),
            fields,
          })
        : deed({
            id: 'pause',
            action: paths.pauseSchedule,
            label: 'Pause',
            text: 'It is not fired until it is resumed.',
            permit: may('pause_schedule'),
            fields,
          })
    }
    <footer>
      <button type="button" class="secondary outline" data-close>Close</button>
      ${dialogButton({ id: 'edit-schedule', label: 'Edit…', about: id, url: schedule.kind === 'external' ? paths.editExternalDialog(id) : paths.editManagedDialog(id), permit: may('add_schedule'), look: 'outline' })}
      ${dialogButton({ id: 'delete-schedule', label: 'Delete…', about: id, url: paths.deleteScheduleDialog(id), permit: may('delete_schedule'), look: 'danger' })}
    </footer>
  `
}

/** Asks before a schedule goes. */
export const deleteScheduleDialog = (schedule: ScheduleView): Html =>
  dialogFrame(
    `Delete ${schedule.id}`,
    dialogForm(
      { action: paths.deleteSchedule, submit: 'Delete', look: 'danger' },
      html`
        <input type="hidden" name="id" value="${schedule.id}" />
        <p>
          ${
            schedule.kind === 'external'
              ? html`It is forgotten here, with its history. The cron on <strong>${schedule.host}</strong> goes on as it is.`
              : html`It is never fired again, and its history goes. A run that is under way goes on.`
          }
        </p>
      `,
    ),
  )
