import type { Status } from '../domain/status.ts'
import { html, type Html } from './html.ts'

const parts = [
  { name: 'config', title: 'The configuration cannot be used', advice: 'Mend the named file; it is read again by itself.' },
  { name: 'temporal', title: 'Temporal does not answer', advice: 'Nothing was lost. Swaps go on where they were when it is back.' },
  { name: 'worker', title: 'No worker answers', advice: 'Hosts are neither looked at nor changed until one runs: npm run worker.' },
] as const

/** Parts that are down, and settings that were refused. Empty when all is well. */
export function problemBanner({ parts: states, refused_settings: refused }: Status): Html {
  const down = parts.filter(({ name }) => !states[name].ok)
  return html`<section id="problems" aria-label="Problems" ${down.length + refused.length === 0 ? html`hidden` : ''}>
    ${down.map(
      ({ name, title, advice }) =>
        html`<div class="banner" data-tone="bad" role="alert" id="problem-${name}">
          <strong>${title}.</strong> <code>${states[name].detail}</code> <span class="advice">${advice}</span>
        </div>`,
    )}
    ${
      refused.length > 0 &&
      html`<div class="banner" data-tone="warn" id="problem-settings">
        <strong>${refused.length === 1 ? 'A setting was' : `${refused.length} settings were`} refused.</strong> The value in use stands beside it.
        <ul>
          ${refused.map(
            ({ source, value, reason, used }) =>
              html`<li><code>${source}</code> is <code>${value}</code>: ${reason}. In use: <code>${used === '' ? 'nothing' : used}</code></li>`,
          )}
        </ul>
      </div>`
    }
  </section>`
}
