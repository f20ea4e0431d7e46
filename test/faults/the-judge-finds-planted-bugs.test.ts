import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createHosts } from '../../activities/hosts.ts'
import { startDemoHost } from '../../demo/host.ts'
import { changed, queuedSwap } from '../../domain/swap-record.ts'
import { clusterOf, hostAt, newKeys } from '../activities/ssh-test-server.ts'
import { badEnds, engineEvents, hitInside, launchesOf, overlaps, staleStarts, type EngineEvent, type RecordLine } from './invariants.ts'

const mark = (fence: number, step: number) => ({ swap: `swap-${fence}`, fence, step })
const start = (engine: string, fence: number, step = 1): EngineEvent => ({ kind: 'start', engine, mark: mark(fence, step) })
const exit = (engine: string): EngineEvent => ({ kind: 'exit', engine })

test('an engine that is started while another runs is found, and one after its end is not', () => {
  expect(overlaps([start('a', 1), exit('a'), start('b', 2)])).toEqual([])
  expect(overlaps([start('a', 1), start('b', 2), exit('a')])).toEqual([
    'engine b (swap swap-2, fence 2, step 1) was started while a (swap swap-1, fence 1, step 1) ran',
  ])
  expect(overlaps([start('a', 1), { kind: 'all_gone' }, start('b', 2)])).toEqual([])
})

test('an engine that is started with a lower fence or an earlier step is found', () => {
  expect(staleStarts([start('a', 7, 2), start('b', 7, 2), start('c', 8, 1)])).toEqual([])
  expect(staleStarts([start('a', 7, 2), start('b', 6, 9)])).toHaveLength(1)
  expect(staleStarts([start('a', 7, 2), start('b', 7, 1)])).toHaveLength(1)
})

test('two launches of one step are seen as two', () => {
  expect(launchesOf([start('a', 7, 2), exit('a'), start('b', 7, 2), start('c', 8)], 'swap-7')).toEqual([2, 2])
})

test('a swap that has not ended, and one that ended after its deadline, are found', () => {
  const accepted = { swapId: 'swap-7', model: 'm', hosts: ['a'], holder: null, schedule: null, reason: null, acceptedAt: 0 }
  const going = changed(queuedSwap(accepted), { type: 'told_to_go', fence: 7, hosts: ['a'], affectedHosts: ['a'], previous: [], deadlineAt: 1_000 })
  const ended = (at: number) => changed(going, { type: 'ended', outcome: 'completed', left: {}, cause: null, at })
  expect(badEnds(going)).toEqual(['swap-7 has not ended'])
  expect(badEnds(ended(2_000))).toHaveLength(1)
  expect(badEnds(ended(1_000))).toEqual([])

  const begun = changed(going, { type: 'phase_begun', phase: 'stop', at: 100, detail: null })
  const stopped = changed(begun, { type: 'phase_done', phase: 'stop', at: 200, detail: null })
  expect([99, 100, 200, 201].map((moment) => hitInside(stopped, 'stop', moment))).toEqual([false, true, true, false])
  expect(hitInside(stopped, 'launch', 150)).toBe(false)
})

test('a launcher that is run past the fence, into a container that serves, is found in the host’s own record', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spark-judge-'))
  const keys = await newKeys()
  const spark = await startDemoHost({ name: 'spark-1', dir, authorizedKeys: [keys.authorized], load_s: 0.3, timeScale: 0.05 })
  await keys.pin({ port: spark.sshPort, publicKey: spark.hostKey })
  const ssh = createHosts({ cluster: () => clusterOf(hostAt(spark.sshPort, { user: spark.user })), keysDir: keys.dir })
  const engines = (): EngineEvent[] => engineEvents(linesOf(spark.eventsFile))
  const launch = '~/spark-vllm-docker/launch-cluster.sh --solo -d exec vllm serve google/gemma-3-27b-it --port "$0"'
  try {
    for (const started of [1, 2]) {
      await ssh.look('spark-1', ['sh', '-c', launch, String(spark.vllmPort)])
      await vi.waitFor(() => expect(engines().filter(({ kind }) => kind === 'start')).toHaveLength(started), { timeout: 15_000 })
    }
    expect(overlaps(engines())).toHaveLength(1)
  } finally {
    await ssh.close()
    await spark.close()
    await keys.remove()
    rmSync(dir, { recursive: true, force: true })
  }
})

const linesOf = (file: string): RecordLine[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RecordLine) // the demo's own format
