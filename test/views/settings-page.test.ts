import { expect, test } from 'vitest'
import { settingRows } from '../../domain/settings.ts'
import { settingDialog } from '../../views/dialogs/setting.ts'
import { settingRegions } from '../../views/settings/regions.ts'
import { someSettings } from './catalog-fixtures.ts'
import { status } from './fixtures.ts'
import { tag, text } from './reading.ts'

const { settings } = someSettings()
const shown = settingRegions({ status: status(), settings })['settings']!
const rowOf = (name: string): string =>
  text(new RegExp(`<li class="row setting" id="setting-${name}">.*?</li>`, 's').exec(shown.toString())?.[0] ?? '')
const named = (name: string) => settings.find((setting) => setting.name === name)!

test('every setting is there, with what it is for', () => {
  for (const [name, { about }] of Object.entries(settingRows)) expect(rowOf(name)).toContain(text(about.replaceAll("'", '&#39;')))
})

test('a value says whose word it is, and what it would be by default', () => {
  expect(rowOf('drain_s')).toContain('drain_s 60 s from cluster.yaml')
  expect(rowOf('drain_s')).toContain('by default 30 s')
  expect(rowOf('stop_s')).toContain('180 s')
  expect(rowOf('allowed_hosts')).toContain('spark.lan, spark from the environment')
})

test('what the environment fixes keeps its button, with the reason', () => {
  expect(tag(shown, 'change-vllm_port')).toMatch(/disabled.*It is set by the environment \(VLLM_PORT\): change it there/s)
  expect(tag(shown, 'change-listen')).toContain('disabled')
  expect(tag(shown, 'change-drain_s')).not.toContain('disabled')
})

test('a refused value is shown with the reason and where it stands', () => {
  expect(rowOf('launch_s')).toMatch(/3600 s.*cluster.yaml: settings.launch_s is soon, which was refused:.*The value above is used/)
})

test('a secret is never shown', () => {
  expect(rowOf('webhook_secret')).toContain('a secret, not shown')
  expect(shown.toString()).not.toContain('not-to-be-shown')
  expect(settingDialog(named('webhook_secret'), status()).toString()).not.toContain('not-to-be-shown')
})

test('a field is of the kind of its value, and only what cluster.yaml sets can be taken back', () => {
  expect(settingDialog(named('drain_s'), status()).toString()).toMatch(/Value, in s.*value="60"/s)
  expect(settingDialog(named('webhook_allow_loopback'), status()).toString()).toMatch(/<option value="false" selected>\s*no/)
  expect(tag(settingDialog(named('drain_s'), status()), 'reset-setting')).not.toContain('disabled')
  expect(tag(settingDialog(named('stop_s'), status()), 'reset-setting')).toContain('disabled')
})
