import type { ConnectivityReport } from '../../../domain/connectivity.ts'
import type { DeepReport } from '../../../domain/services/deep-report.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { duration, moment } from '../../time.ts'
import { dialogForm, dialogFrame } from '../frame.ts'

/** Asks before every host is tried anew. */
export const waysDialog = (): Html =>
  dialogFrame(
    'The way to each host',
    dialogForm(
      { action: paths.tryWays, submit: 'Try it', leadsOn: true },
      html`<p>Each host is tried hop by hop: its name, the SSH port, the login, Docker, the model’s port. Nothing is changed.</p>`,
    ),
  )

/** Each hop of each host, and which one broke. */
export const waysReport = ({ ok, tried_at: at, hosts }: ConnectivityReport): Html =>
  dialogFrame(
    'The way to each host',
    html`
      <p role="status" class="verdict" data-tone="${ok ? 'ok' : 'bad'}">${ok ? 'Every host is reached.' : 'The way is broken.'} ${moment(at)}</p>
      ${hosts.map(
        ({ host, address, hops, broke }) =>
          html`<h3>${host} <span class="muted">${address}${broke !== null && html`, broken at ${broke}`}</span></h3>
            <ul class="checks">
              ${hops.map(
                ({ hop, state, detail, cause }) =>
                  html`<li data-tone="${state === 'ok' ? 'ok' : state === 'broken' ? 'bad' : 'idle'}">
                    <span class="visually-hidden">${state}</span>
                    <span><strong>${hop}</strong> ${detail} ${cause !== null && html`<span class="advice">${cause.advice}</span>`}</span>
                  </li>`,
              )}
            </ul>`,
      )}
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>
    `,
  )

/** Asks before everything is asked a question that costs something. */
export const deepDialog = (): Html =>
  dialogFrame(
    'Ask everything a real question',
    dialogForm(
      { action: paths.askDeep, submit: 'Ask', leadsOn: true },
      html`<p>
        Each model is asked for a completion and each embedding server for an embedding. That costs each of them one short request, and may take a
        minute; it is never done by itself.
      </p>`,
    ),
  )

const askedWords: Record<DeepReport['checks'][number]['asked'], string> = {
  completion: 'a completion',
  embedding: 'an embedding',
  probe: 'its probe',
}

/** Who gave a real answer. */
export const deepReport = ({ ok, asked_at: at, checks }: DeepReport): Html =>
  dialogFrame(
    'Real questions',
    html`
      <p role="status" class="verdict" data-tone="${ok ? 'ok' : 'bad'}">
        ${checks.length === 0 ? 'Nothing serves that could be asked.' : ok ? 'Everything that was asked gave a real answer.' : 'Not everything gave a real answer.'}
        ${moment(at)}
      </p>
      <ul class="checks">
        ${checks.map(
          ({ name, host, ok: good, asked, took_s: took, detail }) =>
            html`<li data-tone="${good === null ? 'idle' : good ? 'ok' : 'bad'}">
              <span class="visually-hidden">${good === null ? 'not asked' : good ? 'passed' : 'failed'}</span>
              <span
                ><strong>${name}</strong> ${host !== null && html`<span class="muted">on ${host}</span>`} ${askedWords[asked]},
                ${duration(took * 1000)}: ${detail}</span
              >
            </li>`,
        )}
      </ul>
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>
    `,
  )
