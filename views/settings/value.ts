import type { SettingsView } from '../../domain/settings-view.ts'
import { plainText } from '../plain-text.ts'

export type Setting = SettingsView['settings'][number]

/** The unit that the name of a setting ends in. */
const units: readonly (readonly [end: string, unit: string])[] = [
  ['_s', 's'],
  ['_ms', 'ms'],
  ['_gib', 'GiB'],
  ['_mb', 'MB'],
  ['_w', 'W'],
  ['_percent', '%'],
]
export const unitOf = (name: string): string | null => units.find(([end]) => name.endsWith(end))?.[1] ?? null

/** A value as a person reads it. */
export function shownValue({ name }: Setting, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'nothing'
  const text = writtenValue(value)
  const unit = typeof value === 'number' ? unitOf(name) : null
  return unit === null ? text : `${text} ${unit}`
}

/** The same as it stands in a field. */
export const writtenValue = (value: unknown): string => plainText(value, ', ')

export const sourceWords: Record<Setting['source'], string> = {
  default: 'by default',
  file: 'from cluster.yaml',
  environment: 'from the environment',
}
