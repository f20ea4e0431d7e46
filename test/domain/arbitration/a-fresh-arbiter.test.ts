import { expect, test } from 'vitest'
import type { FoundSwap } from '../../../domain/arbitration/recovery.ts'
import { modelWith } from '../launchers/sample.ts'
import { deploymentOf, foundSwap } from '../../../domain/arbitration/swap-memo.ts'
import { changed, queuedSwap } from '../../../domain/swap-record.ts'
import { joinableAs } from '../../../domain/arbitration/joins.ts'
import { acquire, Bench, claim, command, hash, start, swap } from './commands.ts'

const both = ['spark-1', 'spark-2']
const request = (swapId: string, hosts: string[], acceptedAt = start - 5_000): FoundSwap['request'] => ({
  ...{ swapId, model: 'qwen', hosts, tokenHash: null, holder: null, schedule: null, reason: null, onFailure: 'restore', onDrainTimeout: 'go_on' },
  ...{ drainS: 1, acceptedAt, queueLimitS: 600, deadlineS: 600 },
})
const recovered = (bench: Bench, swaps: FoundSwap[]): void =>
  bench.take({ kind: 'recovered', found: { hosts: both, registeredAttributes: ['SparkModel'], swaps } })

test('until a host is surveyed, swaps and host operations on it are refused; reservations are not', () => {
  const bench = new Bench(both)
  expect(bench.kind(swap('swap-0001', ['spark-1']))).toBe('surveying')
  expect(bench.kind(claim('claim-1', ['spark-1']))).toBe('surveying')
  expect(bench.kind(acquire('ann'))).toBe('granted')
  recovered(bench, [])
  bench.ask(command('force_release', { reason: 'x', hosts: null }))
  bench.survey('spark-1')
  expect(bench.kind(swap('swap-0001', ['spark-1']))).toBe('accepted')
  expect(bench.kind(swap('swap-0002', ['spark-2']))).toBe('surveying')
})

test('its fence starts above every host’s', () => {
  const bench = new Bench(both)
  recovered(bench, [])
  bench.survey('spark-1', { fence: start + 7_000_000 })
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(bench.state.active[0]?.go.fence).toBe(start + 7_000_001)
})

test('running swaps keep their hosts, unsurveyed: a higher fence would stop them', () => {
  const bench = new Bench(both)
  const running = { fence: start + 50, affectedHosts: ['spark-1'], phase: 'launch', startedAt: start - 4_000, deadlineAt: start + 60_000 } as const
  recovered(bench, [{ request: request('swap-0001', ['spark-1']), running }])
  expect(bench.done('survey')).toMatchObject([{ host: 'spark-2' }])
  expect(bench.kind(swap('swap-0002', ['spark-1']))).toBe('busy')
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'completed', left: { 'spark-1': 'empty' }, deployments: [] } })
  bench.ask(swap('swap-0003', ['spark-1']))
  expect(bench.state.active[0]?.go.fence).toBeGreaterThan(start + 50)
})

test('what a found swap leaves in place, of which nothing is known, is looked at', () => {
  const bench = new Bench(both)
  const running = { fence: 5, affectedHosts: ['spark-1'], phase: 'launch', startedAt: start, deadlineAt: start + 60_000 } as const
  recovered(bench, [{ request: request('swap-0001', ['spark-1']), running }])
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'failed', left: { 'spark-1': 'previous' }, deployments: [] } })
  expect(bench.hostState('spark-1')).toBe('surveying')
})

test('waiting swaps stand in line as they did, and get their turn after the survey', () => {
  const bench = new Bench(both)
  recovered(bench, [
    { request: request('swap-0002', ['spark-1'], start - 1_000), running: null },
    { request: request('swap-0001', ['spark-1'], start - 2_000), running: null },
  ])
  expect(bench.queue).toEqual(['swap-0001', 'swap-0002'])
  bench.survey('spark-1')
  expect(bench.effects).toMatchObject([{ kind: 'send_go', swapId: 'swap-0001', go: { registeredAttributes: ['SparkModel'] } }])
})

test('a found swap is known by its request again: the same one is answered, another under its id is refused, and the same model joins it', () => {
  const bench = new Bench(both)
  const asked = swap('swap-0001', ['spark-1'], { onBusy: 'queue', identity: 'one' })
  const memo = { ...request('swap-0001', ['spark-1']), requestHash: asked.requestHash, joinable: joinableAs(asked) }
  const found = foundSwap({ swap: queuedSwap(memo), request: memo })
  recovered(bench, found === null ? [] : [found])
  bench.survey('spark-1')
  expect(bench.ask(asked)).toMatchObject([{ kind: 'accepted', swapId: 'swap-0001', state: 'running' }])
  expect(bench.kind({ ...asked, requestHash: hash('other') })).toBe('id_reused')
  expect(bench.ask({ ...asked, swapId: 'swap-0002' })).toMatchObject([{ kind: 'accepted', swapId: 'swap-0001', joined: true }])
})

test('a swap’s memo tells whether it waits, runs, or occupies nothing any more', () => {
  const accepted = request('swap-0001', ['spark-1'])
  const waiting = queuedSwap(accepted)
  const running = changed(waiting, {
    type: 'told_to_go',
    fence: 7,
    hosts: ['spark-1'],
    affectedHosts: both,
    previous: [],
    deadlineAt: start + 60_000,
  })
  const done = changed(running, { type: 'ended', outcome: 'completed', left: {}, cause: null, at: start })
  expect(foundSwap({ swap: waiting, request: accepted })).toEqual({ request: accepted, running: null })
  expect(foundSwap({ swap: running, request: accepted })).toMatchObject({ running: { fence: 7, affectedHosts: both, deadlineAt: start + 60_000 } })
  expect(foundSwap({ swap: done, request: accepted })).toBeNull()
  expect(foundSwap({ something: 'else' })).toBeNull()
})

test('a container is known by what its swap’s memo says of it: the model that was launched last, also the one that a restore put back', () => {
  const [target, previous] = [modelWith({ key: 'qwen' }), modelWith({ key: 'old' })]
  const swap = changed(queuedSwap(request('swap-0001', ['spark-1'])), { type: 'ended', outcome: 'restored', left: {}, cause: null, at: start })
  const markOf = (model: string) => ({ cluster: 'home', swap: 'swap-0001', fence: 7, step: 4, attempt: 1, model })
  const found = deploymentOf(markOf('old'), 'vllm_node', 'spark-1', { swap, snapshot: previous })
  expect(found).toMatchObject({ model: 'old', adopted: false, validatedAt: start, snapshot: { key: 'old' } })
  expect(deploymentOf(markOf('old'), 'vllm_node', 'spark-1', { swap, snapshot: target }).snapshot).toBeNull()
})
