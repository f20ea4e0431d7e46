import type { Permit } from './actions.ts'
import { html, type Html } from './html.ts'

interface DialogButton {
  readonly id: string
  readonly label: string
  /** What it is about, for those who hear the button without its row: `Qwen3 30B`. */
  readonly about: string
  readonly url: string
  readonly permit: Permit
  readonly look?: 'primary' | 'secondary' | 'outline' | 'danger'
  /** Where the reason is written on the page. Without it, the reason stands beside the button. */
  readonly reasonId?: string | undefined
}

const classes = { primary: 'primary outline', secondary: 'secondary', outline: 'secondary outline', danger: 'danger outline' }

/** A button that opens a dialog of ours. Not allowed, it is the same button disabled, with the reason. */
export function dialogButton({ id, label, about, url, permit, look = 'secondary', reasonId }: DialogButton): Html {
  if (permit.allowed) {
    return html`<button
      type="button"
      id="${id}"
      class="${classes[look]}"
      hx-get="${url}"
      hx-target="#dialog-body"
      aria-haspopup="dialog"
      aria-label="${`${label} ${about}`}"
    >
      ${label}
    </button>`
  }
  const described = reasonId ?? `${id}-reason`
  return html`<button
      type="button"
      id="${id}"
      class="${classes[look]}"
      disabled
      title="${permit.reason}"
      aria-label="${`${label} ${about}`}"
      aria-describedby="${described}"
    >
      ${label}</button
    >${reasonId === undefined && html`<small class="reason" id="${described}">${permit.reason}</small>`}`
}
