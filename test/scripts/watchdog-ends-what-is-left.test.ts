import { execFileSync, spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { Watchdog } from '../../scripts/up/watchdog.ts'
import { isRunning, until } from './fixtures/processes.ts'

const started: number[] = []
afterEach(() => {
  for (const pid of started.splice(0).filter(isRunning)) process.kill(pid, 'SIGKILL')
})

function sleeper(): number {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  started.push(child.pid!)
  return child.pid!
}

/** The watchdog's shell: a child of ours that runs the script. */
function shellOf(): number | null {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n')
  const row = table
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, stat, ...args]) => ppid === String(process.pid) && stat?.[0] !== 'Z' && args.join(' ').includes('watchdog.sh'))
  return row ? Number(row[0]) : null
}

test('closing it ends the groups that are still guarded, and no other', async () => {
  const watchdog = new Watchdog()
  const [left, released] = [sleeper(), sleeper()]
  watchdog.guard(left)
  watchdog.guard(released)
  watchdog.release(released)
  watchdog.close()
  await until(() => !isRunning(left))
  expect(isRunning(released)).toBe(true)
})

test('a watchdog that is killed is replaced by one that guards the same groups', async () => {
  const watchdog = new Watchdog()
  const guarded = sleeper()
  watchdog.guard(guarded)
  const first = shellOf()
  process.kill(first!, 'SIGKILL')
  await until(() => shellOf() !== null && shellOf() !== first)
  watchdog.close()
  await until(() => !isRunning(guarded))
})
