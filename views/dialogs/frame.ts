import { asCurl } from '../as-curl.ts'
import type { Permit } from '../actions.ts'
import { html, type Html, type Piece } from '../html.ts'

/** The inside of the page's one dialog: a title, what it says, and a way out. app.js opens it when it arrives and closes it on `data-close`. */
export const dialogFrame = (title: string, content: Piece): Html => html`
  <header>
    <h2 tabindex="-1" id="dialog-title">${title}</h2>
    <button type="button" class="dismiss" data-close aria-label="Close">✕</button>
  </header>
  ${content}
`

interface DialogForm {
  readonly id?: string
  readonly action: string
  readonly submit: string
  readonly look?: 'danger' | 'primary'
  readonly disabled?: boolean
  /** An attempt's name, so that a form sent twice does its work once. */
  readonly attempt?: string
  /** Whether Enter sends it at once; not where there are fields to fill in first. */
  readonly focus?: boolean
  /** Whether its answer is the next dialog, and not a word beside the button. Refusals are beside it all the same. */
  readonly leadsOn?: boolean
}

/** A form whose answer appears beside its buttons: a refusal in words, or nothing when it was done and the dialog closes. */
export const dialogForm = (
  { action, submit, look = 'primary', disabled = false, attempt, id, focus = true, leadsOn = false }: DialogForm,
  fields: Piece,
): Html => html`
  <form
    ${id === undefined ? '' : html`id="${id}"`}
    hx-post="${action}"
    ${leadsOn ? html`hx-target="#dialog-body" hx-status:4xx="target:#form-answer" hx-status:5xx="target:#form-answer"` : html`hx-target="find .answer"`}
    hx-swap="innerHTML"
    hx-disable="find button[type=submit]"
  >
    ${attempt !== undefined && html`<input type="hidden" name="attempt" value="${attempt}" />`} ${fields}
    <div class="answer" ${leadsOn ? html`id="form-answer"` : ''} aria-live="assertive"></div>
    ${!disabled && asCurl(action)}
    <footer>
      <button type="button" class="secondary outline" data-close>Close</button>
      <button type="submit" class="${look === 'danger' ? 'danger' : ''}" ${focus ? html`autofocus` : ''} ${disabled ? html`disabled` : ''}>
        ${submit}
      </button>
    </footer>
  </form>
`

interface Deed {
  readonly id: string
  readonly action: string
  readonly label: string
  /** What happens then. */
  readonly text: string
  readonly permit: Permit
  readonly fields: Piece
}

/** One of several things that can be done in a dialog, by a press of its button. Not allowed, it says why. */
export const deed = ({ id, action, label, text, permit, fields }: Deed): Html => html`
  <form class="deed" hx-post="${action}" hx-target="find .answer" hx-swap="innerHTML" hx-disable="find button[type=submit]">
    ${fields}
    <p id="${id}-text">${permit.allowed ? text : html`<span class="reason">${permit.reason}</span>`}</p>
    <button type="submit" id="${id}" class="secondary outline" aria-describedby="${id}-text" ${permit.allowed ? '' : html`disabled`}>${label}</button>
    <div class="answer" aria-live="assertive"></div>
    ${permit.allowed && asCurl(action)}
  </form>
`

/** Why: asked for where somebody else is affected. */
export const reasonField = (label: string, required: boolean): Html => html`
  <label>
    ${label} ${!required && html`<span class="muted">(optional)</span>`}
    <textarea name="reason" rows="2" maxlength="500" ${required ? html`required autofocus` : ''}></textarea>
  </label>
`

export const hostFields = (hosts: readonly string[]): Html => html`${hosts.map((host) => html`<input type="hidden" name="hosts" value="${host}" />`)}`
