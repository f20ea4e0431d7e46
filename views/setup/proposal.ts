import { setupFiles, type ProposedEntry } from '../../domain/discovery/proposal.ts'
import type { SetupProposal, SetupSaved } from '../../domain/discovery/view.ts'
import { dialogForm, dialogFrame } from '../dialogs/frame.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'

/** What was found, to tick and save. */
export const proposalDialog = (proposal: SetupProposal): Html =>
  dialogFrame(
    'Choose what is taken over',
    html`
      ${
        proposal.remarks.length > 0 &&
        html`<ul class="remarks">
          ${proposal.remarks.map((remark) => html`<li>${remark}</li>`)}
        </ul>`
      }
      ${proposal.peers.map(
        (peer) =>
          html`<p class="note" data-tone="idle">
            It knows ${peer.hostname ?? 'another Spark'} at <code>${peer.address}</code> (${peer.because}).
            <button
              type="button"
              class="secondary outline"
              hx-get="${paths.addHostDialog({ ...peer, discoveries: proposal.discoveries })}"
              hx-target="#dialog-body"
            >
              Add it, too…
            </button>
          </p>`,
      )}
      ${dialogForm(
        { action: paths.saveSetup, submit: 'Save', focus: false, leadsOn: true },
        html`
          <input type="hidden" name="discoveries" value="${proposal.discoveries.join(',')}" />
          <input type="hidden" name="based_on" value="${proposal.based_on}" />
          ${setupFiles.map((file) =>
            entriesOf(
              file,
              proposal.entries.filter((entry) => entry.file === file),
            ),
          )}
          <p class="muted">They are written into <code>${proposal.config_dir}</code>; what is there stays. ${proposal.then}</p>
        `,
      )}
    `,
  )

const entriesOf = (file: string, entries: readonly ProposedEntry[]): Html => html`
  ${
    entries.length > 0 &&
    html`<fieldset class="choice proposed">
      <legend>${file}</legend>
      ${entries.map(entryOf)}
    </fieldset>`
  }
`

const entryOf = (entry: ProposedEntry): Html =>
  entry.id === 'cluster_id'
    ? html`<label>
        ${entry.title}
        <input type="text" name="cluster_id" value="${String(entry.value)}" maxlength="40" required autocomplete="off" />
        <small>${entry.because}</small>
      </label>`
    : html`<div class="entry">
        <label>
          <input type="checkbox" name="entries" value="${entry.id}" ${entry.ticked ? html`checked` : ''} />
          <strong>${entry.title}</strong> ${entry.state === 'exists' && html`<span class="badge" data-tone="warn">changes what is there</span>`}
        </label>
        <small>${entry.because}${entry.note !== null && html`; ${entry.note}`}</small>
        ${Object.keys(entry.sources).length > 0 && fieldsOf(entry)}
      </div>`

const fieldsOf = ({ id, sources, value }: ProposedEntry): Html => html`
  <details>
    <summary aria-label="${`Each field of ${id}`}">Each field</summary>
    <dl>
      ${Object.entries(sources).map(
        ([field, because]) =>
          html`<div>
            <dt><code>${field}: ${fieldOf(value, field)}</code></dt>
            <dd>${because}</dd>
          </div>`,
      )}
    </dl>
  </details>
`

function fieldOf(value: unknown, field: string): string {
  const fields = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  return JSON.stringify(fields.get(field)) // sources name fields of the value
}

/** What was written, what is missing, and what happens now. */
export const savedDialog = ({ written, hosts, then }: SetupSaved): Html =>
  dialogFrame(
    'Saved',
    html`
      <p role="status" class="verdict" data-tone="${hosts.every(({ ready }) => ready) ? 'ok' : 'warn'}">${then}</p>
      <ul class="checks">
        ${hosts.map(
          ({ name, ready, message }) =>
            html`<li data-tone="${ready ? 'ok' : 'bad'}">
              <span><strong>${name}</strong> ${message}</span>
            </li>`,
        )}
        ${written.map(
          ({ path, replaced }) =>
            html`<li data-tone="ok">
              <span><code>${path}</code>${replaced.length > 0 && html`: changed there: ${replaced.join(', ')}`}</span>
            </li>`,
        )}
      </ul>
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>
    `,
  )
