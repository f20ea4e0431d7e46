import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isImportant, readLine } from '../../scripts/up/log-line.ts'
import { PartLog } from '../../scripts/up/part-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spark-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['{"level":30,"msg":"listening"}', 'info', 'listening', false],
  ['{"level":40,"msg":"host is slow"}', 'warn', 'host is slow', true],
  ['{"level":50,"msg":"swap failed","err":{"message":"no route to host","stack":"…"}}', 'error', 'swap failed: no route to host', true],
  ['{"level":60,"err":{"message":"out of memory"}}', 'fatal', 'out of memory', true],
  ['{"time":"2026-11-24T05:00:00Z","level":"WARN","msg":"network dial error"}', 'warn', 'network dial error', true],
  ['Error: Cannot find module', null, 'Error: Cannot find module', true],
  ['{"ready":true,"hosts":[]}', 'info', '{"ready":true,"hosts":[]}', false],
  ['{ not json', null, '{ not json', true],
  ['', null, '', false],
  ['\u001b[33m WARN\u001b[0m query not found', null, ' WARN query not found', false],
  [
    '    at ModuleJob.run (node:internal/modules/esm/module_job:553:5)',
    null,
    '    at ModuleJob.run (node:internal/modules/esm/module_job:553:5)',
    false,
  ],
  ['Node.js v24.21.0', null, 'Node.js v24.21.0', false],
])('a line is shown by its weight, and short: %s', (raw, level, text, shown) => {
  const line = readLine(raw)
  expect(line).toEqual({ level, text })
  expect(isImportant(line)).toBe(shown)
})

test('a log goes on where it was, moves to .1 when it is large, and only three old ones are kept', () => {
  const path = join(folder, 'logs', 'worker.log')
  const megabyte = 'x'.repeat(1_000_000)
  for (let round = 0; round < 6; round++) {
    const log = new PartLog(path)
    log.write(`round ${round}`)
    for (let i = 0; i < 5; i++) log.write(megabyte)
    log.close()
  }
  expect(['', '.1', '.2', '.3', '.4'].map((suffix) => existsSync(path + suffix))).toEqual([false, true, true, true, false])
  expect(readFileSync(`${path}.1`, 'utf8').startsWith('round 5')).toBe(true)
  new PartLog(path).write('a new day')
  new PartLog(path).write('and on')
  expect(readFileSync(path, 'utf8')).toBe('a new day\nand on\n')
})

test('a log that cannot be written costs lines, not the part', () => {
  const log = new PartLog(join('/dev/null', 'worker.log'))
  log.write('lost')
  expect(statSync('/dev/null').isFile()).toBe(false)
})
