import type { ProblemDocument } from '../domain/problem.ts'
import { curlLine, type ApiRequest } from './curl.ts'
import { html, type Html } from './html.ts'

/** The way to the command line for a form, inside that form. app.js asks for it when it is opened, and again when a field changes. */
export const asCurl = (action: string): Html => html`
  <details class="curl">
    <summary>As curl</summary>
    <div class="curl-lines" hx-post="${action}?as=curl" hx-trigger="curl" hx-swap="innerHTML"></div>
  </details>
`

/** The commands that do what the form does, with its present values. Secrets are left to variables of the shell. */
export function curlBox(requests: readonly ApiRequest[], origin: string): Html {
  const lines = requests.map((request) => curlLine(request, origin))
  return html`
    <div class="copyable">
      <pre tabindex="0" aria-label="The same as a curl command">${lines.join('\n\n')}</pre>
      <button type="button" class="secondary outline" data-copy>Copy</button>
    </div>
    ${variables(requests).map(variableNote)}
  `
}

/** Fields are missing that the command would need. */
export const curlNotYet = ({ errors = [], detail }: ProblemDocument): Html => html`
  <p class="muted">
    The command can be told when the form is filled in:
    ${errors.length > 0 ? errors.map(({ field, message }, i) => html`${i > 0 && '; '}<code>${field}</code> ${message}`) : detail}
  </p>
`

/** For a page that can be read without a form. */
export const curlDetails = (requests: readonly ApiRequest[], origin: string): Html => html`
  <details class="curl">
    <summary>As curl</summary>
    <div class="curl-lines">${curlBox(requests, origin)}</div>
  </details>
`

const notes: Readonly<Record<string, string>> = {
  TOKEN: 'is your lock token; while it is empty, curl leaves that header away.',
  SECRET: 'is the secret that you typed above.',
}

const variables = (requests: readonly ApiRequest[]): string[] => [
  ...new Set(
    requests
      .flatMap(({ headers = {}, body = {} }) => [...Object.values(headers), ...Object.values(body)])
      .flatMap((value) => (typeof value === 'object' && value !== null && 'variable' in value ? [String(value.variable)] : [])),
  ),
]

const variableNote = (name: string): Html => html`<p class="muted"><code>$${name}</code> ${notes[name] ?? ''}</p>`
