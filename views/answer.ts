import type { ProblemDocument } from '../domain/problem.ts'
import { html, type Html } from './html.ts'

/** A refusal in words, beside the button that was pressed: what, why, what to do. Where fields do not fit, they are all that is to be said. */
export const refusal = ({ title, detail, advice, errors = [], code, request_id: requestId }: ProblemDocument): Html => html`
  <div class="banner" data-tone="bad" role="alert" data-code="${code}">
    <strong>${title}.</strong>
    ${
      errors.length > 0
        ? html`<ul>
            ${errors.map(({ field, message }) => html`<li><code>${field}</code> ${message}</li>`)}
          </ul>`
        : html`${detail !== title && html`<p>${detail}</p>`}
            <p class="advice">${advice}</p>`
    }
    ${code === 'unexpected' && html`<p class="muted">Request <code>${requestId}</code></p>`}
  </div>
`

/** Nothing had to be done, and why. */
export const nothingDone = (text: string): Html => html`<div class="banner" data-tone="ok" role="status">${text}</div>`
