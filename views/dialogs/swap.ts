import { weightsOf, type Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import type { Status } from '../../domain/status.ts'
import { busyOn, permit, placements, reservationOn, type Permit } from '../actions.ts'
import { html, type Html } from '../html.ts'
import { hostList, modelName, swapTitle } from '../model-name.ts'
import type { PageData } from '../page-data.ts'
import { paths } from '../paths.ts'
import { gibOfBytes } from '../quantity.ts'
import { dialogForm, dialogFrame, reasonField } from './frame.ts'

interface SwapDialog {
  readonly model: Model
  readonly data: PageData
  readonly force: boolean
  readonly attempt: string
}

/** Asks where a model shall go, says what it replaces there, and with `force` why a reservation is overridden. */
export function swapDialog({ model, data, force, attempt }: SwapDialog): Html {
  const { models, status } = data
  const action = force ? 'swap_anyway' : 'swap'
  const named = placements(model, status).map((hosts): Place => ({ hosts, verdict: permit(action, status, hosts), words: hostWords(hosts) }))
  const places = model.anywhere ? [anyFree(named, status), ...named] : named
  const chosen = places.find(({ verdict }) => verdict.allowed)
  const overridden = reservationOn(status.lock, places.length === 1 ? model.placement : [])
  const busy = places.some(({ hosts }) => busyOn(data, hosts) !== null)
  return dialogFrame(
    swapTitle(model.key, models),
    dialogForm(
      { action: paths.swap, submit: force ? 'Swap anyway' : 'Swap', look: force ? 'danger' : 'primary', disabled: chosen === undefined, attempt },
      html`
        <input type="hidden" name="model" value="${model.key}" />
        ${force && html`<input type="hidden" name="force" value="1" />`} ${busy && html`<input type="hidden" name="on_busy" value="queue" />`}
        <p class="facts"><code>${weightsOf(model)}</code></p>
        <fieldset class="places">
          <legend>Where</legend>
          ${places.map(
            ({ hosts, verdict, words }, i) =>
              html`<label class="place">
                <input
                  type="radio"
                  name="place"
                  value="${hosts.join(',')}"
                  ${places[i] === chosen ? html`checked` : ''}
                  ${verdict.allowed ? '' : html`disabled`}
                />
                <span><strong>${words}</strong> <span class="muted">${holds(hosts, status, models)}</span></span>
                ${!verdict.allowed && html`<small class="reason">${verdict.reason}</small>`}
              </label>`,
          )}
        </fieldset>
        ${busy && html`<p class="note">A swap is running there. This one waits in the queue for its turn.</p>`}
        ${
          force &&
          overridden !== null &&
          html`<p class="note" data-tone="bad">
            <strong>${overridden.holder}</strong> holds the lock${overridden.purpose !== null && html` (${overridden.purpose})`}. Swapping anyway ends
            it.
          </p>`
        }
        ${reasonField(force ? 'Why is it right to override the lock?' : 'Reason', force)}
        <details>
          <summary>Options</summary>
          <label>
            If it fails
            <select name="on_failure">
              <option value="restore" selected>put the previous model back</option>
              <option value="leave">leave the host empty</option>
            </select>
          </label>
          <label>
            If running requests do not end in time
            <select name="on_drain_timeout">
              <option value="go_on" selected>stop the model all the same</option>
              <option value="fail">give the swap up</option>
            </select>
          </label>
          <label><input type="checkbox" name="restart" value="1" /> Restart it where it serves already</label>
          <label><input type="checkbox" name="ignore_estimate" value="1" /> Try it although the memory estimate says that it will not fit</label>
        </details>
      `,
    ),
  )
}

interface Place {
  /** None: whichever host is free when its turn comes. */
  readonly hosts: readonly HostName[]
  readonly verdict: Permit
  readonly words: string
}

const hostWords = ([head = '', ...others]: readonly HostName[]): string => (others.length === 0 ? head : `${head}, with ${hostList(others)}`)

/** For a model that may go anywhere: nothing is replaced, as long as a host is free. */
function anyFree(named: readonly Place[], status: Status): Place {
  const empty = status.hosts.filter(({ deployment, reachable }) => deployment === null && reachable === true).map(({ name }) => name)
  const free = named.filter(({ hosts }) => hosts.every((host) => empty.includes(host)))
  const verdict = free.find((place) => place.verdict.allowed)?.verdict ??
    free[0]?.verdict ?? { allowed: false, reason: 'No host is free: choose the one whose model it shall replace.' }
  return { hosts: [], verdict, words: 'Any free host' }
}

const holds = (hosts: readonly HostName[], status: Status, models: readonly Model[]): string =>
  status.hosts
    .filter(({ name }) => hosts.includes(name))
    .map(({ name, deployment, mem_available_bytes: free }) => {
      const held = deployment === null ? 'is empty' : `replaces ${modelName(deployment.model ?? deployment.served_id ?? 'an unknown model', models)}`
      return `${hosts.length > 1 ? `${name} ` : ''}${held}, ${gibOfBytes(free)} free`
    })
    .join('; ')
