import type { Cause } from '../domain/errors.ts'
import { html, type Html } from './html.ts'

/** Why something did not work: what, the telling line of the log, and what to do. */
export const causeText = (cause: Cause): Html => html`
  <p class="cause">${cause.message} <span class="advice">${cause.advice}</span></p>
  ${tellingLine(cause)}
`

export const tellingLine = ({ line }: Cause): Html =>
  html`${line !== null && html`<pre class="line" tabindex="0" aria-label="The telling line of the log">${line}</pre>`}`
