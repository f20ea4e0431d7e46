import { asCurl } from '../as-curl.ts'
import { html, type Html, type Piece } from '../html.ts'

/** The inside of the page's one dialog: a title, what it says, and a way out. app.js opens it when it arrives and closes it on `data-close`. */
export const dialogFrame = (title: string, content: Piece): Html => html`
  <header>
    <h2 id="dialog-title">${title}</h2>
    <button type="button" class="dismiss" data-close aria-label="Close">✕</button>
  </header>
  ${content}
`

interface DialogForm {
  readonly action: string
  readonly submit: string
  readonly look?: 'danger' | 'primary'
  readonly disabled?: boolean
  /** An attempt's name, so that a form sent twice does its work once. */
  readonly attempt?: string
}

/** A form whose answer appears beside its buttons: a refusal in words, or nothing when it was done and the dialog closes. */
export const dialogForm = ({ action, submit, look = 'primary', disabled = false, attempt }: DialogForm, fields: Piece): Html => html`
  <form hx-post="${action}" hx-target="find .answer" hx-swap="innerHTML" hx-disable="find button[type=submit]">
    ${attempt !== undefined && html`<input type="hidden" name="attempt" value="${attempt}" />`} ${fields}
    <div class="answer" aria-live="assertive"></div>
    ${asCurl(action)}
    <footer>
      <button type="button" class="secondary outline" data-close>Close</button>
      <button type="submit" class="${look === 'danger' ? 'danger' : ''}" autofocus ${disabled ? html`disabled` : ''}>${submit}</button>
    </footer>
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
