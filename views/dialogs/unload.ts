import type { HostName } from '../../domain/names.ts'
import { busyOn, permit } from '../actions.ts'
import { html, type Html } from '../html.ts'
import { hostList, modelName } from '../model-name.ts'
import type { PageData } from '../page-data.ts'
import { paths } from '../paths.ts'
import { dialogForm, dialogFrame, hostFields, reasonField } from './frame.ts'

/** Says what would be stopped, and asks. */
export function unloadDialog(hosts: readonly HostName[], data: PageData, attempt: string): Html {
  const { models, status } = data
  const held = status.hosts.find(({ name }) => hosts.includes(name))?.deployment
  const verdict = permit('unload', status, hosts)
  const busy = busyOn(data, hosts) !== null
  return dialogFrame(
    `Unload ${hostList(hosts)}`,
    dialogForm(
      { action: paths.unload, submit: 'Unload', look: 'danger', disabled: !verdict.allowed, attempt },
      html`
        ${hostFields(hosts)} ${busy && html`<input type="hidden" name="on_busy" value="queue" />`}
        <p>
          <strong>${modelName(held?.model ?? held?.served_id ?? 'The model', models)}</strong> is stopped and its memory given back. Nothing is
          started in its place.
        </p>
        ${busy && html`<p class="note">A swap is running there. This waits in the queue for its turn.</p>`}
        ${!verdict.allowed && html`<p class="reason">${verdict.reason}</p>`} ${reasonField('Reason', false)}
      `,
    ),
  )
}
