import { z } from 'zod'
import { settingRows, type RefusedSetting, type SettingName, type SettingRow, type Settings, type SettingSources } from './settings.ts'

const names = Object.keys(settingRows) as [SettingName, ...SettingName[]] // the table has rows, and its keys are their names

/** One setting, its value and whose word that is. */
const SettingView = z.object({
  name: z.enum(names),
  value: z.unknown().meta({ description: 'As it applies now; null for a secret' }),
  default: z.unknown(),
  source: z.enum(['default', 'file', 'environment']),
  about: z.string(),
  env: z.string().nullable().meta({ description: 'The environment variable that would win' }),
  changeable: z.boolean().meta({ description: 'Whether it can be changed by PUT' }),
  refused: z.object({ source: z.string(), value: z.string(), reason: z.string() }).nullable(),
})

export const SettingsView = z.object({ settings: z.array(SettingView) })
export type SettingsView = z.infer<typeof SettingsView>

/** Body of `PUT /api/settings`: only what shall change. */
export const SettingsChange = z.record(z.string(), z.unknown()).meta({ description: 'By name; null takes one back to its default' })
export type SettingsChange = z.infer<typeof SettingsChange>

export const settingsView = (settings: Settings, sources: SettingSources, refused: readonly RefusedSetting[]): SettingsView => ({
  settings: names.map((name) => {
    const row: SettingRow = settingRows[name]
    const bad = refused.find((one) => one.setting === name)
    return {
      name,
      value: row.secret === true ? null : settings[name],
      default: row.secret === true ? null : row.fallback,
      source: sources[name],
      about: row.about,
      env: row.env ?? null,
      changeable: row.yaml === true && sources[name] !== 'environment',
      refused: bad === undefined ? null : { source: bad.source, value: bad.value, reason: bad.reason },
    }
  }),
})
