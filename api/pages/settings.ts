import { Problem } from '../../domain/problem.ts'
import { settingRows, type SettingName } from '../../domain/settings.ts'
import type { SettingsChange } from '../../domain/settings-view.ts'
import { apiRequests } from '../../views/api-requests.ts'
import { settingDialog } from '../../views/dialogs/setting.ts'
import { paths } from '../../views/paths.ts'
import { settingRegions } from '../../views/settings/regions.ts'
import type { Setting } from '../../views/settings/value.ts'
import { actorOf } from '../caller.ts'
import type { Control } from '../deps.ts'
import { formAction, type Form } from './form-action.ts'
import type { PageModule } from './page-module.ts'

/** Every setting, whose word its value is, and how to change it. */
export function settingsPage(control: Control): PageModule {
  const { settings } = control
  const change = (path: string, read: (form: URLSearchParams) => SettingsChange): Form =>
    formAction({
      path,
      read,
      requests: apiRequests.changeSettings,
      async act(changes, by) {
        await settings.change(changes, actorOf(by))
        return null
      },
    })
  return {
    page: 'settings',
    view: () => ({
      page: 'settings',
      stream: paths.stream('settings'),
      async look() {
        const status = await control.readStatus()
        return { status, regions: settingRegions({ status, settings: settings.list().settings }) }
      },
    }),
    forms: [change(paths.changeSetting, readChange), change(paths.resetSetting, (form) => ({ [nameOf(form)]: null }))],
    dialogs: {
      async setting(query) {
        const name = nameOf(query)
        const found = settings.list().settings.find((setting: Setting) => setting.name === name)
        if (found === undefined) throw unknownSetting(name)
        return settingDialog(found, await control.readStatus())
      },
    },
  }
}

/** Typed as the setting is where that can be; what does not fit is left to the setting's own check to refuse in its words. */
function readChange(form: URLSearchParams): SettingsChange {
  const name = nameOf(form)
  const text = (form.get('value') ?? '').trim()
  if (text === '') return { [name]: null }
  const { fallback } = settingRows[name]
  if (typeof fallback === 'number') return { [name]: Number.isNaN(Number(text)) ? text : Number(text) }
  if (typeof fallback === 'boolean') return { [name]: text === 'true' }
  if (Array.isArray(fallback)) return { [name]: text.split(',').map((item) => item.trim()).filter((item) => item !== '') } // prettier-ignore
  return { [name]: text }
}

function nameOf(form: URLSearchParams): SettingName {
  const name = form.get('name') ?? ''
  if (!Object.hasOwn(settingRows, name)) throw unknownSetting(name)
  return name as SettingName // just looked for among them
}

const unknownSetting = (name: string): Problem =>
  new Problem('invalid_request', `${name}: no such setting`, { errors: [{ field: name === '' ? 'name' : name, message: 'no such setting' }] })
