import { afterEach, beforeEach, expect, test } from 'vitest'
import { Backoff } from '../../scripts/up/backoff.ts'
import { until } from './fixtures/processes.ts'
import { Stage, wellBehaved } from './fixtures/stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.close())

test('a part that dies is started again, each time after a longer wait, and each time it is said why', async () => {
  const script = `echo x >> "$FOLDER/starts"; test $(wc -l < "$FOLDER/starts") -ge 3 || { echo 'no such model directory' >&2; exit 7; }; ${wellBehaved('worker').script}`
  const up = stage.supervise([[{ name: 'worker', script }]])
  await up.says('All ready.')
  expect(up.output).toContain('worker ended (exit 7): no such model directory. Starting it again in 0.5 s')
  expect(up.output).toContain('Starting it again in 1 s')
  expect(stage.lines('starts')).toHaveLength(3)
})

test('a part that is killed is started again, while the others go on', async () => {
  const up = stage.supervise([[wellBehaved('temporal')], [wellBehaved('worker')]])
  await up.says('All ready.')
  const [temporal, worker] = stage.pids()
  process.kill(worker ?? 0, 'SIGKILL')
  await up.says('worker ended (SIGKILL)')
  await until(() => stage.pids().length === 3)
  expect(stage.pids()[0]).toBe(temporal)
  expect(up.output).not.toContain('temporal ended')
})

test('a program that is not there is said to be that, and tried again', async () => {
  const up = stage.supervise([[{ name: 'worker', script: 'exec /nowhere/at/all' }]])
  await up.says('worker ended (exit 127)')
  expect(up.output).toContain('/nowhere/at/all')
})

test('the next stage waits until all parts of the one before it serve', async () => {
  const slow = `until test -e "$FOLDER/go"; do sleep 0.02; done; echo first >> "$FOLDER/order"; ${wellBehaved('temporal').script}`
  const opener = `touch "$FOLDER/go"; ${wellBehaved('demo').script}`
  const up = stage.supervise([
    [
      { name: 'temporal', script: slow },
      { name: 'demo', script: opener },
    ],
    [{ name: 'worker', script: `echo second >> "$FOLDER/order"; ${wellBehaved('worker').script}` }],
  ])
  await up.says('All ready.')
  expect(stage.lines('order')).toEqual(['first', 'second'])
})

test('the wait doubles from half a second to half a minute, and begins anew after a minute of being well', () => {
  const backoff = new Backoff()
  expect(Array.from({ length: 8 }, () => backoff.next(1_000))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  expect(backoff.next(60_000)).toBe(500)
  expect(backoff.next(1_000)).toBe(1_000)
})
