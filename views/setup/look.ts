import { stepWords } from '../../domain/discovery/visit.ts'
import type { DiscoveryView } from '../../domain/discovery/view.ts'
import { textField } from '../dialogs/fields.ts'
import { dialogForm, dialogFrame } from '../dialogs/frame.ts'
import { html, type Html, type Piece } from '../html.ts'
import { paths } from '../paths.ts'

/** A machine as it is asked for again. */
export interface AskedHost {
  readonly address: string
  readonly user: string
  readonly port: number
}

/** Asks for an address. `before`: looks that the next one joins. */
export const addHostDialog = (host: Partial<AskedHost>, before: readonly string[]): Html =>
  dialogFrame(
    'Add a Spark',
    dialogForm(
      { action: paths.lookAtHost, submit: 'Look at it', focus: false, leadsOn: true },
      html`
        ${earlier(before)}
        ${textField({ name: 'address', label: 'Address', value: host.address, required: true, maxlength: 255, focus: true, placeholder: '192.168.1.11', hint: 'An IP address or a host name.' })}
        <div class="two">
          ${textField({ name: 'user', label: 'SSH user', value: host.user ?? 'spark', required: true, maxlength: 32 })}
          <label>SSH port <input type="number" name="port" value="${host.port ?? 22}" min="1" max="65535" step="1" required /></label>
        </div>
      `,
    ),
  )

/** While it is looked at: asked again each second. */
export const lookBegun = (view: DiscoveryView, before: readonly string[]): Html =>
  dialogFrame(
    `Looking at ${view.address}`,
    html`${lookProgress(view, before)}
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>`,
  )

export const lookProgress = (view: DiscoveryView, before: readonly string[]): Html => html`
  <div class="progress-of" role="status" hx-get="${paths.lookState(view.discovery_id, before)}" hx-trigger="every 1s" hx-swap="outerHTML">
    <p>${view.user}@${view.address} port ${view.port}: ${view.step === null ? 'waiting for a worker' : stepWords[view.step]} …</p>
    <progress aria-label="Looking"></progress>
  </div>
`

/** Takes the place of the progress once the look has ended: the next dialog comes by itself. */
export const lookLeadsOn = (view: DiscoveryView, before: readonly string[]): Html => html`
  <div class="progress-of" role="status" hx-get="${paths.lookEnd(view.discovery_id, before)}" hx-trigger="load" hx-target="#dialog-body">
    <p>Done.</p>
  </div>
`

/** What a look ended with when it found nothing: what to do about it, and the way on. */
export function lookEnded(view: DiscoveryView, before: readonly string[]): Html {
  const again = (submit: string, fields: Piece, content: Piece, look: 'primary' | 'danger' = 'primary'): Html =>
    html`${content}
    ${dialogForm({ action: paths.lookAtHost, submit, look, leadsOn: true, focus: false }, html`${earlier(before)}${sameHost(view)}${fields}`)}`
  if (view.state === 'confirm_host_key' && view.host_key !== null) {
    const { type, fingerprint, pinned, compare_with: compare } = view.host_key
    return dialogFrame(
      `Is this the key of ${view.address}?`,
      again(
        pinned.length === 0 ? 'It is the same: go on' : 'The host is new: replace the pinned key',
        html`<input type="hidden" name="fingerprint" value="${fingerprint}" />`,
        html`
          <p class="note" data-tone="${pinned.length === 0 ? 'idle' : 'bad'}" role="status">${view.message}</p>
          <p>It shows the ${type} key <code class="whole">${fingerprint}</code></p>
          ${pinned.map((one) => html`<p>Pinned is <code class="whole">${one}</code></p>`)}
          <p>At the host itself, this prints the same: <code class="whole">${compare}</code></p>
        `,
        pinned.length === 0 ? 'primary' : 'danger',
      ),
    )
  }
  if (view.state === 'login_refused' && view.login !== null) {
    const { file, line, command } = view.login
    return dialogFrame(
      `${view.address} does not let us in`,
      again(
        'Try again',
        '',
        html`
          <p class="note" data-tone="warn" role="status">${view.message}</p>
          <p>This line is missing in <code>${file}</code>:</p>
          ${copyable(line, 'The line for authorized_keys')}
          <p>Where a password is enough, on the machine of Spark Control:</p>
          ${copyable(command, 'The command that adds it')}
          <p class="muted">
            If the line is there already, the user may be another one, or its home directory is writable for others (sshd refuses that).
          </p>
        `,
      ),
    )
  }
  return dialogFrame(
    `${view.address} could not be looked at`,
    again(
      'Try again',
      '',
      html`<p class="note" data-tone="bad" role="status">${view.message}</p>
        <p>${view.advice}</p>`,
    ),
  )
}

const earlier = (before: readonly string[]): Html =>
  html`${before.length > 0 && html`<input type="hidden" name="with" value="${before.join(',')}" />`}`

const sameHost = ({ address, user, port }: AskedHost): Html => html`
  <input type="hidden" name="address" value="${address}" />
  <input type="hidden" name="user" value="${user}" />
  <input type="hidden" name="port" value="${port}" />
`

const copyable = (text: string, label: string): Html => html`
  <div class="copyable">
    <pre tabindex="0" aria-label="${label}">${text}</pre>
    <button type="button" class="secondary outline" data-copy>Copy</button>
  </div>
`
