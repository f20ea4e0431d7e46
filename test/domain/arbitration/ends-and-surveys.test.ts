import { expect, test } from 'vitest'
import type { SwapEnd } from '../../../domain/arbitration/command.ts'
import { resume } from '../../../domain/arbitration/decide.ts'
import { wakeAt } from '../../../domain/arbitration/deadlines.ts'
import { Bench, claim, command, deployment, start, swap } from './commands.ts'

const both = ['spark-1', 'spark-2']
const closed = (workflowId: string, status: 'terminated' | 'timed_out' | 'completed' | 'never_there') =>
  command('report_closed', { closed: [{ workflowId, status }] })

/** A swap runs on spark-1; `wide` on both hosts is what it displaces, where given. */
function running(displaced = [deployment('old', ['spark-1'])]): Bench {
  const bench = Bench.ready(both, displaced)
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  return bench
}
const ended = (bench: Bench, more: Partial<SwapEnd>): void =>
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'completed', left: { 'spark-1': 'target' }, deployments: [], ...more } })
const models = (bench: Bench) => bench.state.deployments.map((one) => one.model)

test('a completed swap’s deployment takes the place of what it displaced', () => {
  const bench = running()
  ended(bench, { deployments: [deployment('qwen', ['spark-1'])] })
  expect(models(bench)).toEqual(['qwen'])
  expect(bench.active).toEqual([])
})

test('a swap that touched nothing leaves what was known', () => {
  const bench = running()
  ended(bench, { outcome: 'preflight_failed', left: {} })
  expect(models(bench)).toEqual(['old'])
})

test('an emptied host is known to be empty', () => {
  const bench = running()
  ended(bench, { outcome: 'left_empty', left: { 'spark-1': 'empty' } })
  expect(models(bench)).toEqual([])
  expect(bench.hostState('spark-1')).toBe('known')
})

test('what still holds its previous deployment keeps it', () => {
  const bench = running()
  ended(bench, { outcome: 'failed', left: { 'spark-1': 'previous' } })
  expect(models(bench)).toEqual(['old'])
})

test('a host left unknown is surveyed before any other grant', () => {
  const bench = running()
  ended(bench, { outcome: 'failed', left: { 'spark-1': 'unknown' } })
  expect(bench.done('survey')).toMatchObject([{ host: 'spark-1', fence: bench.state.fence }])
  expect(bench.kind(swap('swap-0002', ['spark-1']))).toBe('surveying')
  bench.survey('spark-1', { deployment: deployment('found', ['spark-1']) })
  expect(models(bench)).toEqual(['found'])
  expect(bench.kind(swap('swap-0002', ['spark-1']))).toBe('accepted')
})

test('an end that was reported already, or of a swap that is not known, is ignored', () => {
  const bench = running()
  ended(bench, { left: { 'spark-1': 'empty' } })
  const before = bench.state
  ended(bench, { left: { 'spark-1': 'unknown' } })
  ended(bench, { swapId: 'swap-7777' })
  expect(bench.state).toEqual(before)
})

test('an end told by command counts as one told by signal', () => {
  const bench = running()
  bench.ask(command('report_end', { end: { swapId: 'swap-0001', outcome: 'left_empty', left: { 'spark-1': 'empty' }, deployments: [] } }))
  expect(bench.active).toEqual([])
})

test.each(['terminated', 'timed_out'] as const)(
  'a swap found %s: its event is recorded, its hosts are surveyed under a higher fence, then the queue goes on',
  (status) => {
    const bench = running()
    bench.ask(swap('swap-0002', ['spark-1'], { onBusy: 'queue' }))
    const { fence } = bench.state
    bench.ask(closed('swap/demo/swap-0001', status))
    expect(bench.effects).toMatchObject([
      { kind: 'record_end', end: { swapId: 'swap-0001', outcome: status } },
      { kind: 'survey', host: 'spark-1', fence: fence + 1 },
    ])
    expect(bench.active).toEqual([])
    bench.survey('spark-1')
    expect(bench.active).toEqual(['swap-0002'])
  },
)

test('a waiting swap found terminated has its event too, and its hosts need no look', () => {
  const bench = running()
  bench.ask(swap('swap-0002', ['spark-1'], { onBusy: 'queue' }))
  bench.ask(closed('swap/demo/swap-0002', 'terminated'))
  expect(bench.effects.map((effect) => effect.kind)).toEqual(['record_end'])
  expect(bench.queue).toEqual([])
})

test('an event is kept until it is on record, over a new run too', () => {
  const bench = running()
  bench.ask(closed('swap/demo/swap-0001', 'terminated'))
  expect(resume(bench.state, bench.now).effects.map((effect) => effect.kind)).toEqual(['record_end', 'survey'])
  bench.take({ kind: 'end_recorded', swapId: 'swap-0001' })
  expect(resume(bench.state, bench.now).effects.map((effect) => effect.kind)).toEqual(['survey'])
})

test('a host operation that ended without a word leaves its hosts unknown', () => {
  const bench = Bench.ready(both)
  bench.ask(claim('claim-1', ['spark-2']), closed('operation/claim-1', 'completed'))
  expect(bench.hostState('spark-2')).toBe('surveying')
  expect(bench.hostState('spark-1')).toBe('known')
})

test('a workflow that never was has touched nothing', () => {
  const bench = running()
  bench.ask(closed('swap/demo/swap-0001', 'never_there'))
  expect(bench.effects).toEqual([])
  expect(bench.kind(swap('swap-0002', ['spark-1']))).toBe('accepted')
})

test('a displaced deployment’s unreachable host goes into quarantine, and is cleared by the arbiter alone when it is back', () => {
  const bench = running([deployment('wide', both)])
  ended(bench, { left: { 'spark-1': 'target', 'spark-2': 'unknown' }, deployments: [deployment('qwen', ['spark-1'])] })
  expect(bench.hostState('spark-2')).toBe('quarantined')
  expect(models(bench)).toEqual(['qwen'])
  expect(bench.kind(swap('swap-0002', ['spark-2'], { onBusy: 'queue' }))).toBe('quarantined')
  bench.now = wakeAt(bench.state) ?? 0
  bench.take({ kind: 'woken' })
  expect(bench.done('survey')).toMatchObject([{ host: 'spark-2', remnants: ['vllm_node'] }])
  bench.survey('spark-2', { reachable: false, code: 'host_unreachable' })
  expect(bench.hostState('spark-2')).toBe('quarantined')
  bench.now = wakeAt(bench.state) ?? 0
  bench.take({ kind: 'woken' })
  bench.survey('spark-2')
  expect(bench.kind(swap('swap-0002', ['spark-2']))).toBe('accepted')
})

test('what was not proven gone keeps the quarantine', () => {
  const bench = running([deployment('wide', both)])
  ended(bench, { left: { 'spark-1': 'empty', 'spark-2': 'unknown' } })
  bench.now = wakeAt(bench.state) ?? 0
  bench.take({ kind: 'woken' })
  bench.survey('spark-2', { cause: 'container vllm_node is still there', code: 'stop_unproven' })
  expect(bench.hostState('spark-2')).toBe('quarantined')
})

test('an unreachable host is looked for after 5, 10, 20 and then every 30 seconds, and blocks nobody else', () => {
  const bench = new Bench(both)
  bench.take({ kind: 'recovered', found: { hosts: both, registeredAttributes: [], swaps: [] } })
  bench.survey('spark-1')
  const pauses = Array.from({ length: 5 }, () => {
    bench.survey('spark-2', { reachable: false, code: 'host_unreachable', cause: 'no route' })
    const pause = (wakeAt(bench.state) ?? 0) - bench.now
    bench.now += pause
    bench.take({ kind: 'woken' })
    return pause
  })
  expect(pauses).toEqual([5_000, 10_000, 20_000, 30_000, 30_000])
  expect(bench.kind(swap('swap-0001', ['spark-1']))).toBe('accepted')
})

test('a survey that lost its claim is not listened to, but for the fence', () => {
  const bench = Bench.ready(both)
  bench.take({
    kind: 'surveyed',
    surveyId: 'old',
    found: { host: 'spark-1', reachable: false, cause: null, code: null, fence: start * 2, foreignCluster: null, deployment: null, strays: [] },
  })
  expect(bench.hostState('spark-1')).toBe('known')
  expect(bench.state.fence).toBe(start * 2)
})

test('a deployment over two hosts is one, though each host’s survey tells of it', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  expect(models(bench)).toEqual(['wide'])
  expect(bench.state.deployments[0]?.hosts).toEqual(both)
})

test('a new host in cluster.yaml is surveyed first; one that is gone is forgotten', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  bench.ask(command('report_hosts', { hosts: ['spark-1', 'spark-3'], registeredAttributes: ['SparkModel'] }))
  expect(bench.done('survey')).toMatchObject([{ host: 'spark-3' }])
  expect(bench.hostState('spark-2')).toBeUndefined()
  expect(bench.state.deployments[0]?.hosts).toEqual(['spark-1'])
  expect(bench.kind(swap('swap-0001', ['spark-3']))).toBe('surveying')
})

test('a snapshot too large to carry is left out, the deployment stays', () => {
  const bench = running()
  ended(bench, { deployments: [deployment('huge', ['spark-1'], { snapshot: { name: 'x'.repeat(20_000) } as never })] })
  expect(bench.state.deployments).toMatchObject([{ model: 'huge', snapshot: null }])
})

test('a host that a running swap occupies is not surveyed, though its time has come: a higher fence would stop that swap', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  bench.state = {
    ...bench.state,
    hosts: bench.state.hosts.map((one) => (one.host === 'spark-2' ? { ...one, state: 'unreachable', retryAt: start + 1 } : one)),
  }
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.now += 60_000
  bench.take({ kind: 'woken' })
  expect(bench.effects).toEqual([])
  expect(wakeAt(bench.state)).toBeNull()
  ended(bench, { outcome: 'failed', left: { 'spark-1': 'previous', 'spark-2': 'previous' }, deployments: [deployment('wide', both)] })
  expect(wakeAt(bench.state)).not.toBeNull()
})

test('who is refused for a running swap learns when it should be over, by the last completed one to that model', () => {
  const bench = running([])
  expect(bench.ask(swap('swap-0002', ['spark-1']))).toMatchObject([{ code: 'busy', busy: { swapId: 'swap-0001', expectedEndAt: null } }])
  bench.now += 40_000
  ended(bench, { deployments: [deployment('qwen', ['spark-1'])] })
  bench.ask(swap('swap-0003', ['spark-1'], { restart: true }))
  const [answer] = bench.ask(swap('swap-0004', ['spark-1']))
  expect(answer).toMatchObject({ code: 'busy', busy: { swapId: 'swap-0003', expectedEndAt: bench.now + 40_000 } })
})
