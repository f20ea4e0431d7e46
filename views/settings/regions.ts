import type { SettingsView } from '../../domain/settings-view.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { badge } from '../outcome.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { shownValue, sourceWords, type Setting } from './value.ts'

/** All that the page of settings shows, read at one moment. */
export interface SettingsData {
  readonly status: Status
  readonly settings: SettingsView['settings']
}

export const settingRegions = ({ status, settings }: SettingsData): Regions => ({
  problems: problemBanner(status),
  settings: html`<section id="settings" aria-labelledby="settings-title">
    <h2 id="settings-title">
      ${settings.length} settings, ${settings.filter(({ source }) => source !== 'default').length} of them not as by default
    </h2>
    <p class="muted">
      Defaults are overruled by <code>settings:</code> of cluster.yaml, and that by the environment. This page writes cluster.yaml; its comments stay.
    </p>
    <ul class="rows">
      ${settings.map((setting) => row(setting, status))}
    </ul>
  </section>`,
})

function row(setting: Setting, status: Status): Html {
  const { name, about, source, env, value, refused } = setting
  const secret = value === null
  return html`<li class="row setting" id="setting-${name}">
    <div class="what">
      <p class="title">
        <strong><code>${name}</code></strong>
        <span>${secret ? (source === 'default' ? 'not set' : 'a secret, not shown') : shownValue(setting, value)}</span>
        ${source === 'default' ? '' : badge(source === 'file' ? 'busy' : 'idle', sourceWords[source])}
      </p>
      <p>${about}</p>
      <p class="facts">
        ${source === 'default' ? html`<span>by default</span>` : !secret && html`<span>by default ${shownValue(setting, setting.default)}</span>`}
        ${env !== null && html`<span>environment <code>${env}</code></span>`}
      </p>
      ${
        refused !== null &&
        html`<p class="note" data-tone="warn">
          <code>${refused.source}</code> is <code>${refused.value}</code>, which was refused: ${refused.reason}. The value above is used in its place.
        </p>`
      }
    </div>
    <div class="actions">
      ${dialogButton({
        id: `change-${name}`,
        label: 'Change…',
        about: name,
        url: paths.settingDialog(name),
        permit: permit('change_setting', status, [], { setting }),
        look: 'outline',
      })}
    </div>
  </li>`
}
