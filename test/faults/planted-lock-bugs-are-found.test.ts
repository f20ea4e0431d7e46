import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { contendInRounds } from '../../bench/contention.ts'
import { httpCaller } from '../../bench/lock-caller.ts'
import { startDemoHost, type DemoHost } from '../../demo/host.ts'
import { clusterOf, hostAt, newKeys, type Keys } from '../activities/ssh-test-server.ts'
import { KillRounds, type Target } from './kill-rounds.ts'
import { LockInMemory } from './lock-in-memory.ts'
import { judge } from './lock-judge.ts'
import { LockStorm, type Field } from './lock-storm.ts'
import { Seed } from './seed.ts'
import { workFaults, workOn } from './work-site.ts'

const seed = new Seed('planted lock bugs')
const stateDir = '/var/lib/spark-control'

let dir: string
let keys: Keys
let spark: DemoHost
let ssh: Hosts
let locks: LockInMemory[] = []
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'spark-planted-'))
  keys = await newKeys()
  spark = await startDemoHost({ name: 'spark-1', dir, authorizedKeys: [keys.authorized], load_s: 0.3, timeScale: 0.05 })
  await keys.pin({ port: spark.sshPort, publicKey: spark.hostKey })
  ssh = createHosts({ cluster: () => clusterOf(hostAt(spark.sshPort, { user: spark.user, stateDir })), keysDir: keys.dir })
})
afterAll(async () => {
  await ssh.close()
  await spark.close()
  await keys.remove()
  rmSync(dir, { recursive: true, force: true })
})
afterEach(async () => {
  await Promise.all(locks.splice(0).map((lock) => lock.close()))
})

const start = async (count: number): Promise<LockInMemory[]> => (locks = await Promise.all(Array.from({ length: count }, () => LockInMemory.start())))
const fieldOf = (served: readonly LockInMemory[], more: Partial<Field> = {}): Field => ({
  ...{ urls: served.map(({ url }) => url), hosts: [spark], ssh, clusterId: 'demo', arbiter: null, ended: null, ttl_s: 2 },
  ...more,
})

describe('a host that does not check fences', () => {
  /** As if nobody had ever told it one. */
  const forgetful = (): Hosts => ({
    ...ssh,
    change: async (name, ...rest) => {
      await ssh.look(name, ['rm', '-f', `${stateDir}/fence`])
      return ssh.change(name, ...rest)
    },
  })

  test('lets late holders in, which its own record shows; with the check they are refused, and nothing is found', async () => {
    const before = workOn(spark).length
    const checked = new LockStorm(fieldOf(await start(1)), seed.apart())
    await checked.rage(8, async () => {
      while (checked.work.refused < 2) await pause(50)
    })
    expect(checked.work.done).toBeGreaterThan(2)
    expect(workFaults(workOn(spark))).toEqual([])

    const between = workOn(spark).length
    expect(between).toBeGreaterThan(before)
    const unchecked = new LockStorm(fieldOf(await start(1), { ssh: forgetful() }), seed.apart())
    const found = (): string[] => workFaults(workOn(spark).slice(between))
    await unchecked.rage(8, async () => {
      while (found().length === 0) await pause(50)
    })
    expect(found()[0]).toMatch(/^work with fence \d+ was done after \d+$/)
    expect(judge(unchecked.history.operations).faults, 'its lock was a right one').toEqual([])
  }, 90_000)
})

describe('a lock that is kept in the API’s own process', () => {
  const target = (served: readonly LockInMemory[], kill: Target['kill']): Target => ({
    ...{ urls: served.map(({ url }) => url), hosts: ['spark-1'], arbiter: null, kill },
  })
  const nothing = (): Promise<void> => Promise.resolve()

  test('is right as long as it is one process that is never killed: the judge accuses nobody for nothing', async () => {
    const served = await start(1)
    const rounds = new KillRounds(seed.apart())
    expect((await rounds.round(target(served, nothing))).faults).toEqual([])
    expect(rounds.wrong).toEqual([])
    expect(await raceOn(served)).toMatchObject({ grants: 10, wrongRounds: 0 })
  })

  test('and killed once, is found by the histories of its clients', async () => {
    const served = await start(1)
    const rounds = new KillRounds(seed.apart())
    let faults: readonly string[] = []
    while (faults.length === 0) faults = (await rounds.round(target(served, () => restart(served[0])))).faults // a kill between two holders loses nothing
    expect(faults[0]).toBeDefined()
  }, 60_000)

  test('by two processes, is found in each round of a race and in every history', async () => {
    const served = await start(2)
    expect((await raceOn(served)).wrongRounds).toBe(10)
    expect((await new KillRounds(seed.apart()).round(target(served, nothing))).faults).not.toEqual([])
    const storm = new LockStorm(fieldOf(served), seed.apart())
    await storm.rage(8, async () => {
      while (storm.grants < 4) await pause(50)
    })
    expect(judge(storm.history.operations).faults).not.toEqual([])
  }, 60_000)
})

async function restart(lock: LockInMemory | undefined): Promise<void> {
  await lock?.kill()
  await lock?.startAgain()
}

/** Fifty at once, ten times, spread over all processes. */
async function raceOn(served: readonly LockInMemory[]) {
  const callers = await Promise.all(Array.from({ length: 50 }, (_, i) => httpCaller(served[i % served.length]!.port, `caller-${i}`)))
  try {
    return await contendInRounds(callers, 10)
  } finally {
    for (const caller of callers) caller.close()
  }
}
