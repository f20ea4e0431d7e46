import type { Model } from '../../../domain/model.ts'
import type { HostName } from '../../../domain/names.ts'
import type { ManagedAction, ManagedBody } from '../../../domain/scheduling/schedule.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { hostChoices, modelChoices, numberField, selectField, textField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'
import { whenFields } from './when-fields.ts'

interface ManagedDialog {
  readonly values: Partial<ManagedBody>
  readonly models: readonly Model[]
  readonly hosts: readonly HostName[]
}

const actions: readonly { value: ManagedAction['type']; label: string }[] = [
  { value: 'swap', label: 'swap to a model' },
  { value: 'warm', label: 'warm the loaded model' },
  { value: 'restart_service', label: 'restart a service' },
  { value: 'health_sweep', label: 'sweep the hosts for their health' },
  { value: 'release_stale_lock', label: 'release a lock that was held for too long' },
]

export const refusedChoices = [
  { value: 'wait', label: 'wait for them' },
  { value: 'skip', label: 'skip this run' },
] as const

const overlaps = [
  { value: 'skip', label: 'skip the new one' },
  { value: 'buffer_one', label: 'start it when the other has ended' },
  { value: 'allow_all', label: 'let both go' },
] as const

/** Plans an action that Temporal fires. */
export const managedDialog = ({ values, models, hosts }: ManagedDialog): Html => {
  const { action } = values
  const swap = action?.type === 'swap' ? action : undefined
  const chosenHosts = action !== undefined && 'hosts' in action ? (action.hosts ?? []) : []
  return dialogFrame(
    values.id === undefined ? 'Add a managed schedule' : `Managed schedule ${values.id}`,
    dialogForm(
      { action: paths.addManaged, submit: 'Save', focus: false },
      html`
        <div class="two">
          ${textField({ name: 'id', label: 'Id', value: values.id, required: true, maxlength: 64, placeholder: 'weekend-model', focus: true })}
          ${selectField('action', 'What is done', actions, action?.type ?? 'swap')}
          ${selectField('model', 'Model', modelChoices(models, 'none: unload the hosts'), swap?.model ?? (swap === undefined ? models[0]?.key : ''), 'swap')}
          ${selectField('on_failure', 'If the swap fails', onFailures, swap?.on_failure ?? 'restore', 'swap')}
          ${selectField(
            'service_host',
            'Host',
            hosts.map((name) => ({ value: name, label: name })),
            action?.type === 'restart_service' ? action.host : undefined,
            'restart_service',
          )}
          ${textField({ name: 'container', label: 'Container', value: action?.type === 'restart_service' ? action.container : '', only: 'restart_service', maxlength: 63 })}
        </div>
        ${textField({ name: 'held_longer_than_s', label: 'Held longer than, in seconds', value: String(action?.type === 'release_stale_lock' ? action.held_longer_than_s : 14_400), only: 'release_stale_lock' })}
        ${hostChoices(hosts, chosenHosts, '(none: all, or where the model goes)', 'swap warm health_sweep release_stale_lock')} ${whenFields(values)}
        ${selectField('when_refused', 'If the hosts are reserved or busy', refusedChoices, values.when_refused ?? 'wait')}
        <details>
          <summary>Options</summary>
          ${textField({ name: 'description', label: 'What it is for', value: values.description, maxlength: 300 })}
          ${selectField('overlap', 'If the run before still goes on', overlaps, values.overlap ?? 'skip')}
          <div class="two">
            ${numberField('wait_s', 'Longest wait, in seconds', values.wait_s ?? 3600, 1, 86_400)}
            ${numberField('jitter_s', 'Random delay of at most, in seconds', values.jitter_s ?? 0, 0, 3600)}
            ${numberField('catchup_window_s', 'Made up for after an outage of at most, in seconds', values.catchup_window_s ?? 600, 10, 86_400)}
            ${numberField('expected_s', 'How long it needs the GPUs, in seconds', values.expected_s, 1, 604_800)}
          </div>
          <label data-only="swap"
            ><input type="checkbox" name="restart" value="1" ${swap?.restart === true ? html`checked` : ''} /> Restart the model where it serves
            already</label
          >
        </details>
      `,
    ),
  )
}

const onFailures = [
  { value: 'restore', label: 'put the previous model back' },
  { value: 'leave', label: 'leave the hosts empty' },
] as const
