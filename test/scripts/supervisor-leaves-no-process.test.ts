import { afterEach, beforeEach, expect, test } from 'vitest'
import { Stage, deaf, wellBehaved } from './fixtures/stage.ts'
import { isRunning, until } from './fixtures/processes.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.close())

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends all parts in the opposite order of their start, and the exit is clean',
  async (signal) => {
    const up = stage.supervise([[wellBehaved('temporal')], [wellBehaved('worker'), wellBehaved('api')]])
    await up.says('All ready.')
    up.child.kill(signal)
    expect(await up.ended).toEqual({ code: 0, signal: null })
    expect(stage.lines('ended')).toEqual(['api', 'worker', 'temporal'])
    expect(stage.pids().filter(isRunning)).toEqual([])
  },
)

test('a part that hears nothing is killed at its limit', async () => {
  const up = stage.supervise([[wellBehaved('temporal')], [deaf('worker', 100)]])
  await up.says('All ready.')
  up.child.kill('SIGINT')
  expect((await up.ended).code).toBe(0)
  expect(stage.lines('ended')).toEqual(['temporal'])
  await stage.everyPartIsGone()
})

test('a second Ctrl-C kills everything at once', async () => {
  const up = stage.supervise([[deaf('temporal', 600_000)], [deaf('worker', 600_000)]])
  await up.says('All ready.')
  const hammering = setInterval(() => up.child.kill('SIGINT'), 50)
  const { code } = await up.ended
  clearInterval(hammering)
  expect(code).toBe(130)
  await stage.everyPartIsGone()
})

test('one Ctrl-C that arrives twice, from the terminal and through npm, is one', async () => {
  const slow = `trap 'sleep 0.5; echo slow >> "$FOLDER/ended"; exit 0' TERM; echo $$ >> "$FOLDER/pids"; echo '{"ready":true}'; while :; do sleep 0.05; done`
  const up = stage.supervise([[{ name: 'slow', script: slow, stopLimitMs: 10_000 }]])
  await up.says('All ready.')
  up.child.kill('SIGINT')
  up.child.kill('SIGTERM')
  expect((await up.ended).code).toBe(0)
  expect(stage.lines('ended')).toEqual(['slow'])
})

test('Ctrl-C before everything is ready ends what was started', async () => {
  const never = `echo $$ >> "$FOLDER/pids"; echo waiting; while :; do sleep 0.05; done`
  const up = stage.supervise([[wellBehaved('temporal')], [{ name: 'worker', script: never }]])
  await up.says('waiting')
  up.child.kill('SIGINT')
  expect((await up.ended).code).toBe(0)
  expect(stage.pids()).toHaveLength(2)
  await stage.everyPartIsGone()
})

test('when the supervisor itself is killed with SIGKILL, its parts end too', async () => {
  const up = stage.supervise([[wellBehaved('temporal')], [wellBehaved('worker')]])
  await up.says('All ready.')
  up.child.kill('SIGKILL')
  await up.ended
  await stage.everyPartIsGone()
  expect(stage.lines('ended').sort()).toEqual(['temporal', 'worker'])
})

test('when the terminal goes away, everything ends', async () => {
  const up = stage.superviseInTerminal([[wellBehaved('temporal')], [deaf('worker', 200)]])
  await until(() => stage.pids().length === 2)
  up.child.kill('SIGKILL') // the terminal's own process: what is behind it hangs up
  await stage.everyPartIsGone()
})

test('when the npm that runs it is killed with SIGKILL, everything ends in order', async () => {
  const up = stage.superviseUnderNpm([[wellBehaved('temporal')], [wellBehaved('worker')]])
  await until(() => stage.pids().length === 2)
  up.child.kill('SIGKILL')
  await stage.everyPartIsGone()
  expect(stage.lines('ended')).toEqual(['worker', 'temporal'])
})

test('what a part started and left behind ends with it', async () => {
  const parent = `(trap '' TERM HUP; echo "$(exec sh -c 'echo $PPID')" >> "$FOLDER/pids"; while :; do sleep 0.05; done) & echo '{"ready":true}'; wait`
  const up = stage.supervise([[{ name: 'demo', script: parent }]])
  await up.says('All ready.')
  await until(() => stage.pids().length === 1)
  up.child.kill('SIGINT')
  expect((await up.ended).code).toBe(0)
  await stage.everyPartIsGone()
})
