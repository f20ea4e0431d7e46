import type { CatalogChange } from '../../../domain/catalog-model.ts'
import { dialogButton } from '../../button.ts'
import { html, type Html } from '../../html.ts'
import { hostList } from '../../model-name.ts'
import { paths } from '../../paths.ts'
import { dialogFrame } from '../frame.ts'

/** What would come of the fields as they are now: asked for when the dialog opens, and again whenever one of them was changed. */
export const previewBox = (action: string): Html => box(action, 'load, change from:<closest form/> delay:200ms', 'Asking…')

/** The same for a form that opens empty, and so has nothing to ask about yet. */
export const previewOnceFilled = (action: string): Html =>
  box(action, 'change from:<closest form/> delay:200ms', 'It is shown as soon as the fields are filled in.')

const box = (action: string, trigger: string, meanwhile: string): Html => html`
  <h3>The command of a start, with these values</h3>
  <div class="preview" aria-live="polite" hx-post="${action}" hx-trigger="${trigger}" hx-swap="innerHTML">
    <p class="muted" role="status">${meanwhile}</p>
  </div>
`

/** The exact commands that a start would run, what runs with other settings, and what to beware of. */
export const changePreview = ({ model, commands, used_by: usedBy }: CatalogChange): Html => html`
  ${commands.length === 0 && html`<p class="muted">No command can be told.</p>`}
  ${commands.map(
    ({ host, command }) =>
      html`<p class="muted">on ${host}</p>
        <div class="copyable">
          <pre tabindex="0" aria-label="Command on ${host}">${command}</pre>
          <button type="button" class="secondary outline" data-copy>Copy</button>
        </div>`,
  )}
  ${model.warnings.map((warning) => html`<p class="note" data-tone="warn">${warning}.</p>`)} ${usedBy.length > 0 && runsOtherwise(usedBy, 'Used')}
`

const runsOtherwise = (usedBy: CatalogChange['used_by'], used: string): Html =>
  html`<p class="note" data-tone="warn">
    ${used} by the running deployment on ${hostList(usedBy.flatMap(({ hosts }) => hosts))}, which was started with other settings: swap to apply
    these.
  </p>`

/** It was saved while the model runs with what was before: the way on is one press away. */
export const savedInUse = ({ model, used_by: usedBy }: CatalogChange): Html =>
  dialogFrame(
    `${model.name} was saved`,
    html`
      ${runsOtherwise(usedBy, 'It is used')}
      <footer>
        <button type="button" class="secondary outline" data-close>Close</button>
        ${dialogButton({ id: 'swap-to-apply', label: 'Swap…', about: `to ${model.name}`, url: paths.swapDialog(model.key), permit: { allowed: true }, look: 'primary' })}
      </footer>
    `,
  )
