import type { CatalogModel } from '../../../domain/catalog-model.ts'
import type { Status } from '../../../domain/status.ts'
import type { DeletionReport, DiskDeletion, Disks, ModelDisk } from '../../../domain/storage/disk.ts'
import type { Download } from '../../../domain/storage/download.ts'
import { permit } from '../../actions.ts'
import { dialogButton } from '../../button.ts'
import { causeText } from '../../cause.ts'
import { size } from '../../fleet/figure.ts'
import { html, type Html } from '../../html.ts'
import { hostList } from '../../model-name.ts'
import { badge, type Tone } from '../../outcome.ts'
import { paths } from '../../paths.ts'
import { elapsedSince, took } from '../../time.ts'
import { hostChoices } from '../fields.ts'
import { dialogForm, dialogFrame, hostFields } from '../frame.ts'

type Stored = NonNullable<ModelDisk['hosts'][number]['state']>
const states: Record<Stored, { tone: Tone; word: string }> = {
  there: { tone: 'ok', word: 'complete' },
  incomplete: { tone: 'warn', word: 'incomplete' },
  missing: { tone: 'idle', word: 'not there' },
}
const stateBadge = (state: Stored): Html => badge(states[state].tone, states[state].word)

/** Asked for when the details of a model are opened: the hosts have to be looked at for it. */
export const diskBox = (key: string): Html => html`
  <h3>On the disks</h3>
  <div id="model-disk" hx-get="${paths.modelDisk(key)}" hx-trigger="load" hx-swap="innerHTML">
    <p class="muted" role="status">Looking at the hosts…</p>
  </div>
`

/** What of a model lies on each host, and what can be done about it. */
export function diskOfModel(disk: ModelDisk, model: CatalogModel, status: Status): Html {
  const mayDownload = permit('download_model', status, [], { model })
  const mayDelete = permit('delete_weights', status, [], { model })
  const reasonId = mayDelete.allowed ? undefined : 'disk-refused'
  return html`
    <ul class="rows">
      ${disk.hosts.map(
        ({ host, cause, path, state, bytes, free_bytes: free }) =>
          html`<li class="row">
            <div class="what">
              <p class="title"><strong>${host}</strong> ${state !== null && stateBadge(state)}</p>
              <p class="facts">
                ${path !== null && html`<span><code>${path}</code></span>`} ${bytes !== null && html`<span>${size(bytes)}</span>`}
                ${free !== null && html`<span>${size(free)} free</span>`}
              </p>
              ${cause !== null && causeText(cause)}
            </div>
            ${
              state !== null &&
              state !== 'missing' &&
              dialogButton({
                id: `delete-weights-${host}`,
                label: 'Delete…',
                about: `the weights on ${host}`,
                url: paths.deleteWeightsDialog(model.key, host),
                permit: mayDelete,
                look: 'danger',
                reasonId,
              })
            }
          </li>`,
      )}
    </ul>
    ${!mayDelete.allowed && html`<p class="reason" id="disk-refused">${mayDelete.reason}</p>`}
    <p class="toolbar">
      ${dialogButton({ id: 'download', label: 'Download…', about: model.name, url: paths.downloadDialog(model.key), permit: mayDownload, look: 'outline', reasonId })}
    </p>
  `
}

/** Asks where weights are downloaded to, and where they are copied afterwards. */
export const downloadDialog = (model: CatalogModel, hosts: readonly string[]): Html =>
  dialogFrame(
    `Download ${model.name}`,
    dialogForm(
      { action: paths.downloadModel, submit: 'Download', leadsOn: true },
      html`
        <input type="hidden" name="key" value="${model.key}" />
        <p>
          <code>${model.repo ?? ''}</code> comes from Hugging Face${model.weights_gib !== null && html`, about ${size(model.weights_gib * 2 ** 30)}`}.
          It goes on by itself where it was, whatever is interrupted.
        </p>
        ${hostChoices(hosts, [], '(none: the first of its placement, and copied to the others)')}
        <fieldset class="choice">
          <legend>Copied to <span class="muted">over the fast link, when it is there</span></legend>
          ${hosts.map((name) => html`<label><input type="checkbox" name="copy_to" value="${name}" /> ${name}</label>`)}
        </fieldset>
      `,
    ),
  )

/** What was begun; it is followed on the page of models. */
export const downloadsBegun = (downloads: readonly Download[]): Html =>
  dialogFrame(
    'The download has begun',
    html`
      <p role="status">
        To ${hostList(downloads.map(({ host }) => host))}. It is followed on the page of models, and goes on when this page is closed.
      </p>
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>
    `,
  )

export const cancelDownloadDialog = (id: string): Html =>
  dialogFrame(
    'Cancel the download',
    dialogForm(
      { action: paths.cancelDownload, submit: 'Cancel the download', look: 'danger' },
      html`<input type="hidden" name="id" value="${id}" />
        <p>What has come stays on the disk, and the next download goes on from there.</p>`,
    ),
  )

/** Lists what would go, and asks. What speaks against it is said in place of the button. */
export function deleteWeightsDialog(report: DeletionReport): Html {
  const { model, host, repo, paths: files, files: count, bytes, cause, also_used_by: others } = report
  return dialogFrame(
    `Delete the weights of ${model} on ${host}`,
    dialogForm(
      { action: paths.deleteWeights, submit: 'Delete from the disk', look: 'danger', disabled: cause !== null, leadsOn: true, focus: false },
      html`
        <input type="hidden" name="key" value="${model}" />
        ${hostFields([host])} ${cause !== null && causeText(cause)}
        <p>
          <strong>${size(bytes)}</strong> in ${count.toLocaleString('en')} ${count === 1 ? 'file' : 'files'} of <code>${repo}</code> go from ${host}.
          The model stays in the catalog.
        </p>
        ${others.length > 0 && html`<p class="note" data-tone="warn">The same weights are used by ${hostList(others)}.</p>`}
        ${
          files.length > 0 &&
          html`<div class="found" tabindex="0" role="group" aria-label="Files that would go">
            <ul>
              ${files.map(({ path, bytes: each }) => html`<li><code>${path}</code> <span class="muted">${size(each)}</span></li>`)}
              ${count > files.length && html`<li class="muted">and ${(count - files.length).toLocaleString('en')} smaller ones</li>`}
            </ul>
          </div>`
        }
      `,
    ),
  )
}

export const deletionBegun = (deletion: DiskDeletion): Html =>
  dialogFrame(
    `The weights of ${deletion.model} on ${deletion.host}`,
    html`${deletionProgress(deletion)}
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>`,
  )

const ends = { running: { tone: 'busy', word: 'being deleted' }, ok: { tone: 'ok', word: 'gone' }, failed: { tone: 'bad', word: 'failed' } } as const

/** How it goes. While it is under way, it asks again by itself. */
export const deletionProgress = ({ deletion_id: id, state, detail, started_at: startedAt, ended_at: endedAt }: DiskDeletion): Html => {
  const asksAgain = html`hx-get="${paths.deletionState(id)}" hx-trigger="every 1s" hx-swap="outerHTML"`
  return html`<div class="progress-of" role="status" ${state === 'running' ? asksAgain : ''}>
    <p>${badge(ends[state].tone, ends[state].word)} ${endedAt === null ? elapsedSince(startedAt) : `took ${took(startedAt, endedAt) ?? ''}`}</p>
    ${detail !== null && html`<p>${detail}</p>`}
  </div>`
}

/** All that lies on each host, the largest first. */
export const disksDialog = ({ hosts }: Disks): Html =>
  dialogFrame(
    'On the disks',
    html`
      ${hosts.map(
        ({ host, cause, cache, free_bytes: free, size_bytes: all, stored }) =>
          html`<h3>${host}</h3>
            ${
              cause !== null
                ? causeText(cause)
                : html`<p class="facts">
                      <span><code>${cache}</code></span>
                      <span>${free === null ? 'free space not available' : `${size(free)} free`}${all !== null && ` of ${size(all)}`}</span>
                    </p>
                    ${stored.length === 0 && html`<p class="muted">No weights are there.</p>`}
                    <ul class="found">
                      ${stored.map(
                        ({ repo, local_path: path, models, state, bytes }) =>
                          html`<li>
                            ${stateBadge(state)} <code>${repo ?? path ?? ''}</code>
                            <span class="muted"
                              >${bytes === null ? 'size not available' : size(bytes)}${models.length === 0 ? ', of no model of the catalog' : `, ${hostList(models)}`}</span
                            >
                          </li>`,
                      )}
                    </ul>`
            }`,
      )}
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>
    `,
  )
