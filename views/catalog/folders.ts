import type { FolderList } from '../../domain/storage/question.ts'
import { size } from '../fleet/figure.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'

/** The folders in a folder of a host: to go into, or to be used as a model. */
export function folderBrowser({ host, path, parent, folders, more, looks_like_model: isModel, weights_bytes: bytes }: FolderList): Html {
  return html`<div class="folders">
    <p class="title">
      <strong>${host}</strong> <code>${path ?? 'folders where local models may lie'}</code>
      ${
        path !== null &&
        html`<button
          type="button"
          class="secondary outline"
          hx-get="${paths.folders(host, parent)}"
          hx-target="#folders"
          aria-label="Up from ${path}"
        >
          Up
        </button>`
      }
    </p>
    ${
      path !== null &&
      isModel &&
      html`<p class="note" data-tone="ok">This folder holds a model${bytes !== null && html`, ${size(bytes)} of weights`}. ${use(path, 'Use it')}</p>`
    }
    ${folders.length === 0 && html`<p class="muted">There are no folders in it.</p>`}
    <ul class="found">
      ${folders.map(
        (folder) =>
          html`<li>
            <button
              type="button"
              class="secondary outline"
              hx-get="${paths.folders(host, folder.path)}"
              hx-target="#folders"
              aria-label="Open ${folder.name}"
            >
              ${folder.name}
            </button>
            ${folder.weights_bytes !== null && html`<span class="muted">${size(folder.weights_bytes)} of weights</span>`}
            ${folder.looks_like_model && use(folder.path, 'Use it')}
          </li>`,
      )}
    </ul>
    ${more && html`<p class="muted">There are more than are listed: write the path above.</p>`}
  </div>`
}

const use = (path: string, label: string): Html =>
  html`<button
    type="button"
    class="primary outline"
    hx-get="${paths.useFolder(path)}"
    hx-target="#local-path"
    hx-swap="outerHTML"
    aria-label="${`${label}: ${path}`}"
  >
    ${label}
  </button>`
