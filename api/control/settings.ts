import { join } from 'node:path'
import { changeYaml } from '../../config/kept-file.ts'
import type { ConfigSource } from '../../config/load.ts'
import { setKeeping } from '../../config/set-keeping.ts'
import { Problem, type FieldError } from '../../domain/problem.ts'
import { settingRows, type SettingName, type SettingRow } from '../../domain/settings.ts'
import { settingsView, type SettingsChange } from '../../domain/settings-view.ts'
import type { SettingControl } from '../deps.ts'
import { note } from './audit-note.ts'
import { clusterOf } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'

/** Settings are read from wherever they are, and written to `settings:` of cluster.yaml. */
export function createSettings(links: () => ClusterLink, config: ConfigSource): SettingControl {
  const list = () => {
    const { settings, sources, refused } = config.read()
    return settingsView(settings, sources, refused)
  }
  return {
    list,
    async change(changes, actor) {
      config.reread()
      clusterOf(config) // without a cluster.yaml there is nothing to write into
      const fitting = checked(changes)
      const before = list().settings
      const fixed = before.find(({ name, changeable }) => name in fitting && !changeable)
      if (fixed !== undefined)
        throw new Problem(
          'setting_fixed',
          `${fixed.name} is ${fixed.source === 'environment' ? 'set by' : 'only read from'} ${fixed.env ?? 'the environment'}`,
        )
      const path = join(config.places.configDir, 'cluster.yaml')
      await changeYaml({ path, mode: 0o644, heading: '' }, (document) => {
        for (const [name, value] of Object.entries(fitting)) {
          if (value === null) document.deleteIn(['settings', name])
          else if (document.getIn(['settings']) == null) document.setIn(['settings'], document.createNode({ [name]: value }))
          else setKeeping(document, ['settings', name], value)
        }
      })
      config.reread()
      const was = Object.fromEntries(Object.keys(fitting).map((name) => [name, before.find((one) => one.name === name)?.value ?? null]))
      void note(links().arbiter, { type: 'settings_changed', by: actor, before: was, after: fitting })
      return list()
    },
  }
}

/** Every value that does not fit is named. Throws `invalid_request`. */
function checked(changes: SettingsChange): Record<string, unknown> {
  const fitting: Record<string, unknown> = {}
  const errors: FieldError[] = []
  for (const [name, value] of Object.entries(changes)) {
    const row: SettingRow | undefined = Object.hasOwn(settingRows, name) ? settingRows[name as SettingName] : undefined // just looked for
    if (row === undefined) errors.push({ field: name, message: 'no such setting' })
    else if (value === null || value === '')
      fitting[name] = null // blank means default
    else {
      const parsed = row.schema.safeParse(value)
      if (parsed.success) fitting[name] = parsed.data
      else errors.push({ field: name, message: parsed.error.issues[0]?.message ?? 'not valid' })
    }
  }
  if (errors.length > 0) throw new Problem('invalid_request', errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { errors })
  return fitting
}
