import { expect, test } from 'vitest'
import { acquire, Bench, command, deployment, hash, start, swap } from './commands.ts'

const queued = { onBusy: 'queue' } as const
const end = (bench: Bench, swapId: string, host = 'spark-1'): void =>
  bench.take({ kind: 'swap_ended', end: { swapId, outcome: 'completed', left: { [host]: 'empty' }, deployments: [] } })

/** One swap runs on spark-1, and these wait. */
function line(...waiting: [id: string, hosts: string[]][]): Bench {
  const bench = Bench.ready()
  bench.ask(swap('swap-0000', ['spark-1']), ...waiting.map(([id, hosts]) => swap(id, hosts, queued)))
  for (const id of ['swap-0000', ...waiting.map(([one]) => one)]) bench.take({ kind: 'swap_started', swapId: id })
  return bench
}

test('who came first goes first', () => {
  const bench = line(['swap-0001', ['spark-1']], ['swap-0002', ['spark-1']])
  end(bench, 'swap-0000')
  expect(bench.active).toEqual(['swap-0001'])
  expect(bench.effects).toMatchObject([{ kind: 'send_go', swapId: 'swap-0001' }])
  end(bench, 'swap-0001')
  expect(bench.active).toEqual(['swap-0002'])
})

test('a later one passes only where it shares no host with any that waits before it', () => {
  const bench = line(['swap-0001', ['spark-1', 'spark-2']])
  expect(bench.kind(swap('swap-0002', ['spark-2']))).toBe('busy')
  bench.ask(swap('swap-0003', ['spark-2'], queued), swap('swap-0004', ['spark-3'], queued))
  expect(bench.active).toEqual(['swap-0000', 'swap-0004'])
  expect(bench.queue).toEqual(['swap-0001', 'swap-0003'])
})

test('what a waiting swap will displace is counted when its turn comes, not when it was accepted', () => {
  const bench = line(['swap-0001', ['spark-1']])
  const wide = deployment('wide', ['spark-1', 'spark-2'], { swapId: 'swap-0000' })
  bench.ask(swap('swap-0005', ['spark-2']))
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0000', outcome: 'completed', left: { 'spark-1': 'empty' }, deployments: [] } })
  expect(bench.active).toEqual(['swap-0005', 'swap-0001'])
  bench.state = { ...bench.state, active: bench.state.active.filter((one) => one.swapId !== 'swap-0001'), deployments: [wide] }
  expect(bench.kind(swap('swap-0006', ['spark-1']))).toBe('busy')
})

test('a waiting swap has no fence; it gets one with its turn, higher than all before', () => {
  const bench = line(['swap-0001', ['spark-1']])
  expect(bench.ask(swap('swap-0001', ['spark-1'], queued))).toMatchObject([{ state: 'queued', fence: null, position: 1 }])
  const { fence } = bench.state
  end(bench, 'swap-0000')
  expect(bench.state.active[0]?.go.fence).toBe(fence + 1)
})

test('hosts reserved by someone else by its turn: it ends cancelled, because of that', () => {
  const bench = line(['swap-0001', ['spark-1']])
  bench.ask(acquire('ann', { hosts: ['spark-1'] }))
  end(bench, 'swap-0000')
  expect(bench.effects).toMatchObject([{ kind: 'withdraw_swap', swapId: 'swap-0001', code: 'reserved' }])
  expect(bench.kind(command('still_waiting', { swapId: 'swap-0001' }))).toBe('reserved')
})

test('the holder’s own swap goes on, and so does one whose token has expired unless someone else holds', () => {
  const bench = Bench.ready()
  bench.ask(
    acquire('ann', { ttlS: 10 }),
    swap('swap-0000', ['spark-2'], { tokenHash: hash('ann') }),
    swap('swap-0001', ['spark-2'], { ...queued, tokenHash: hash('ann') }),
  )
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  bench.now += 11_000
  end(bench, 'swap-0000', 'spark-2')
  expect(bench.active).toEqual(['swap-0001'])
})

test('a place in the queue lapses at its limit', () => {
  const bench = line(['swap-0001', ['spark-1']])
  bench.now = start + 600_000
  end(bench, 'swap-0000')
  expect(bench.effects).toMatchObject([{ kind: 'withdraw_swap', swapId: 'swap-0001', code: 'queue_limit' }])
})

test('a waiting swap that asks learns its place, its go, or that it is unknown', () => {
  const bench = line(['swap-0001', ['spark-1']], ['swap-0002', ['spark-1']])
  const ask = (swapId: string) => bench.ask(command('still_waiting', { swapId }))
  expect(ask('swap-0002')).toEqual([{ kind: 'wait', position: 2 }])
  expect(ask('swap-0000')).toMatchObject([{ kind: 'go', go: { hosts: ['spark-1'] } }])
  expect(ask('swap-7777')).toMatchObject([{ kind: 'refused', code: 'unknown_swap' }])
})

test('an arbiter that has not found its swaps yet lets an unknown one wait', () => {
  const bench = new Bench()
  expect(bench.kind(command('still_waiting', { swapId: 'swap-7777' }))).toBe('wait')
})

test('a waiting swap can be taken back, and its place with it', () => {
  const bench = line(['swap-0001', ['spark-1']])
  expect(bench.kind(command('withdraw', { swapId: 'swap-0001', reason: 'not needed' }))).toBe('noted')
  expect(bench.effects).toMatchObject([{ kind: 'withdraw_swap', code: 'cancelled', message: 'not needed' }])
  expect(bench.queue).toEqual([])
  expect(bench.kind(command('withdraw', { swapId: 'swap-0001', reason: 'again' }))).toBe('noted')
  expect(bench.effects).toEqual([])
})

test('a swap taken back before its start was confirmed never gets a go: it is told so as soon as it is there', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1']), command('withdraw', { swapId: 'swap-0001', reason: 'the caller is gone' }))
  expect(bench.active).toEqual([])
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  expect(bench.effects).toMatchObject([{ kind: 'withdraw_swap', swapId: 'swap-0001' }])
})

test('a running swap that is taken back is cancelled the graceful way: its hosts stay its own until it reports', () => {
  const bench = line()
  expect(bench.kind(command('withdraw', { swapId: 'swap-0000', reason: 'stop it' }))).toBe('noted')
  expect(bench.effects).toEqual([{ kind: 'cancel_swap', swapId: 'swap-0000' }])
  expect(bench.active).toEqual(['swap-0000'])
})

test('taking back what has ended, or never was, says so', () => {
  const bench = line()
  end(bench, 'swap-0000')
  expect(bench.kind(command('withdraw', { swapId: 'swap-7777', reason: 'x' }))).toBe('unknown_swap')
  expect(bench.kind(command('withdraw', { swapId: 'swap-0000', reason: 'x' }))).toBe('swap_ended')
})
