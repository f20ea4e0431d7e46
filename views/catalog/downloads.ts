import type { Download } from '../../domain/storage/download.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { causeText } from '../cause.ts'
import { size } from '../fleet/figure.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { badge, type Tone } from '../outcome.ts'
import { paths } from '../paths.ts'
import { duration, elapsedSince, moment } from '../time.ts'

/** How many that have ended are shown beside those that run. */
const shownEnded = 5

/** What is being downloaded, and how the last ones ended. Nothing at all where none ever was. */
export function downloadList(downloads: readonly Download[], status: Status): Html {
  const running = downloads.filter(({ state }) => state === 'running')
  const ended = downloads.filter(({ state }) => state === 'done').slice(0, shownEnded)
  return html`<section id="downloads" aria-labelledby="downloads-title" ${running.length + ended.length === 0 ? html`hidden` : ''}>
    <h2 id="downloads-title">Downloads</h2>
    <ul class="rows">
      ${[...running, ...ended].map((download) => row(download, status))}
    </ul>
  </section>`
}

const outcomes: Record<NonNullable<Download['outcome']>, { tone: Tone; word: string }> = {
  completed: { tone: 'ok', word: 'complete' },
  failed: { tone: 'bad', word: 'failed' },
  cancelled: { tone: 'idle', word: 'cancelled' },
}

function row(download: Download, status: Status): Html {
  const { download_id: id, repo, host, copies, outcome, phase, holder, cause, detail } = download
  const { tone, word } = outcome === null ? { tone: 'busy' as const, word: phase ?? 'begins' } : outcomes[outcome]
  return html`<li class="row download" id="download-${id}">
    <div class="what">
      <p class="title">${badge(tone, word)} <strong>${repo}</strong> <span class="muted">to ${host}</span></p>
      <p class="facts">
        ${amounts(download).map((words) => html`<span>${words}</span>`)}
        ${copies.length > 0 && html`<span>copied to ${hostList(copies.map(({ host: to, state, bytes }) => `${to} (${state}${bytes === null ? '' : `, ${size(bytes)}`})`))}</span>`}
        <span>asked by ${holder}</span>
        ${download.ended_at === null ? html`<span>${elapsedSince(download.started_at)}</span>` : html`<span>${moment(download.ended_at)}</span>`}
        ${detail !== null && html`<span>${detail}</span>`}
      </p>
      ${progress(download)} ${cause !== null && causeText(cause)}
    </div>
    ${
      download.state === 'running' &&
      dialogButton({
        id: `cancel-${id}`,
        label: 'Cancel…',
        about: `the download of ${repo}`,
        url: paths.cancelDownloadDialog(id),
        permit: permit('cancel_download', status),
        look: 'danger',
      })
    }
  </li>`
}

/** Bytes, speed, and what is left at that speed; that nothing comes is said with the time since when. */
function amounts({ bytes, total_bytes: total, bytes_per_s: speed, still_since: still, state }: Download): Html[] {
  if (bytes === null) return []
  const left = total === null || speed === null || speed <= 0 || state === 'done' ? null : ((total - bytes) / speed) * 1000
  return [
    html`${size(bytes)}${total !== null && html` of ${size(total)}`}`,
    ...(state === 'running' && speed !== null ? [html`${size(speed)}/s`] : []),
    ...(left === null ? [] : [html`about ${duration(left)} left`]),
    ...(still === null ? [] : [html`<span class="warning">no byte came for ${elapsedSince(still)}</span>`]),
  ]
}

function progress({ download_id: id, bytes, total_bytes: total, state, repo }: Download): Html {
  if (state === 'done') return html``
  if (bytes === null || total === null || total === 0) return html`<progress id="progress-${id}" aria-label="Download of ${repo}"></progress>`
  return html`<progress
    id="progress-${id}"
    max="100"
    value="${Math.min(100, (bytes / total) * 100).toFixed(1)}"
    aria-label="Download of ${repo}"
  ></progress>`
}
