import { expect, test } from 'vitest'
import { wakeAt } from '../../../domain/arbitration/deadlines.ts'
import { outboxOf } from '../../../domain/arbitration/outbox.ts'
import { viewOf } from '../../../domain/arbitration/view.ts'
import { acquire, Bench, command, hash, start, swap } from './commands.ts'

const line = (holder: string, hosts: string[] | null = null) => acquire(holder, { ticket: `ticket of ${holder}`, hosts })
const leave = (holder: string) => command('leave_line', { ticket: `ticket of ${holder}` })
const release = (holder: string) => command('release', { tokenHash: hash(holder) })
const confirm = (holder: string) => command('confirm', { tokenHash: hash(holder) })
const place = (bench: Bench, holder: string, hosts: string[] | null = null): number | string => {
  const [answer] = bench.ask(line(holder, hosts))
  return answer?.kind === 'waiting' ? answer.position : (answer?.kind ?? 'none')
}
const holders = (bench: Bench): string[] => bench.state.reservations.map((held) => held.holder)
const ends = (bench: Bench) => outboxOf(bench.state).filter((entry) => entry.type !== 'lock_acquired')

/** So many seconds of an arbiter that is at work, in which these repeat their tickets each second. */
function pass(bench: Bench, seconds: number, ...waiters: string[]): void {
  for (let s = 0; s < seconds; s++) {
    bench.now += 1_000
    bench.take({ kind: 'woken' })
    bench.ask(...waiters.map((holder) => line(holder)))
  }
}

/** Ann holds all, and these stand in line. */
function crowd(...waiters: string[]): Bench {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), ...waiters.map((holder) => line(holder)))
  return bench
}

test('who waits learns its place, who holds, and what runs there until when', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }), line('bob'))
  expect(bench.ask(line('cron'))).toMatchObject([
    { kind: 'waiting', position: 2, reservation: { holder: 'ann' }, busy: { swapId: 'swap-0001', expectedEndAt: null } },
  ])
  expect(viewOf(bench.state).waiting).toEqual([
    { holder: 'bob', hosts: ['spark-1', 'spark-2', 'spark-3'], since: start },
    { holder: 'cron', hosts: ['spark-1', 'spark-2', 'spark-3'], since: start },
  ])
})

test('a free lock is granted at once, to one with a ticket as well', () => {
  expect(place(Bench.ready(), 'bob')).toBe('granted')
})

test('who came first is granted first, and nobody but in its own repeat', () => {
  const bench = crowd('bob', 'cron')
  bench.ask(release('ann'))
  expect(holders(bench)).toEqual([])
  expect(place(bench, 'cron')).toBe(2)
  expect(place(bench, 'bob')).toBe('granted')
  expect(place(bench, 'cron')).toBe(1)
  bench.ask(release('bob'))
  expect(place(bench, 'cron')).toBe('granted')
})

test('nobody passes those who stand in line: without a ticket it is refused, though nobody holds', () => {
  const bench = crowd('bob', 'cron')
  bench.ask(release('ann'))
  expect(bench.ask(acquire('eve', { hosts: ['spark-1'] }))).toMatchObject([
    { kind: 'refused', code: 'reserved', message: '2 stand in line for spark-1 already', reservation: null },
  ])
  expect(holders(bench)).toEqual([])
})

test('the line is one of each host: a later one passes where it shares none with any before it', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { hosts: ['spark-1'] }))
  expect(place(bench, 'bob', ['spark-1', 'spark-2'])).toBe(1)
  expect(place(bench, 'cron', ['spark-2'])).toBe(2)
  expect(place(bench, 'eve', ['spark-3'])).toBe('granted')
})

test('a ticket that is not repeated lapses after three seconds, and the next one moves up', () => {
  const bench = crowd('bob', 'cron')
  pass(bench, 2, 'cron')
  expect(place(bench, 'cron')).toBe(2)
  pass(bench, 1, 'cron')
  expect(place(bench, 'cron')).toBe(1)
  bench.ask(release('ann'))
  expect(place(bench, 'cron')).toBe('granted')
})

test('while the arbiter is away no ticket lapses: they count anew from its first task', () => {
  const bench = crowd('bob', 'cron')
  bench.now += 60_000
  expect(place(bench, 'cron')).toBe(2)
  pass(bench, 2, 'cron')
  expect(place(bench, 'bob')).toBe(1)
  pass(bench, 3, 'cron')
  expect(place(bench, 'cron')).toBe(1)
})

test('while somebody stands in line, or has not confirmed, the arbiter wakes each second to know whether it was away', () => {
  const bench = crowd('bob')
  expect(wakeAt(bench.state)).toBe(start + 1_000)
  bench.ask(release('ann'), line('bob'))
  expect(wakeAt(bench.state)).toBe(start + 1_000)
  bench.ask(confirm('bob'))
  expect(wakeAt(bench.state)).toBe(start + 480_000)
})

test('a grant that its waiter does not confirm is freed after ten seconds, and it is told so', () => {
  const bench = crowd('bob')
  bench.ask(release('ann'), line('bob'))
  pass(bench, 9)
  expect(holders(bench)).toEqual(['bob'])
  pass(bench, 1)
  expect(holders(bench)).toEqual([])
  expect(ends(bench).at(-1)).toMatchObject({ type: 'lock_released', by: null, result: 'unconfirmed', before: { holder: 'bob' } })
  expect(bench.ask(command('extend', { tokenHash: hash('bob'), ttlS: 60 }))).toMatchObject([
    { code: 'lock_stale', message: expect.stringContaining('nobody confirmed it') as string },
  ])
})

test('an arbiter that was away gives a grant three more seconds: nobody could confirm it', () => {
  const bench = crowd('bob')
  bench.ask(release('ann'), line('bob'))
  bench.now += 60_000
  bench.take({ kind: 'woken' })
  expect(holders(bench)).toEqual(['bob'])
  pass(bench, 3)
  expect(holders(bench)).toEqual([])
})

test.each([
  ['confirm', confirm('bob')],
  ['extend', command('extend', { tokenHash: hash('bob'), ttlS: 60 })],
  ['the ticket again', line('bob')],
  ['acquire without a ticket', acquire('bob')],
  ['a swap under it', swap('swap-0001', ['spark-1'], { tokenHash: hash('bob'), model: null })],
])('a waiter that uses its grant has confirmed it: %s', (_how, use) => {
  const bench = crowd('bob')
  bench.ask(release('ann'), line('bob'), use)
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'completed', left: { 'spark-1': 'empty' }, deployments: [] } })
  pass(bench, 20)
  expect(holders(bench)).toEqual(['bob'])
})

test('a waiter whose grant was lost on its way is granted the same again', () => {
  const bench = crowd('bob')
  const [, first] = bench.ask(release('ann'), line('bob'))
  bench.now += 1_000
  expect(bench.ask(line('bob'))).toEqual([first])
})

test('the same command once more, as when a batch is sent again, confirms nothing', () => {
  const bench = crowd('bob')
  const last = line('bob')
  bench.ask(release('ann'), last, last)
  pass(bench, 10)
  expect(holders(bench)).toEqual([])
})

test('who leaves gives up its place, and what it was granted in the last moment; what it confirmed stays', () => {
  const bench = crowd('bob', 'cron', 'eve')
  bench.ask(leave('bob'), release('ann'))
  expect(place(bench, 'cron')).toBe('granted')
  bench.ask(leave('cron'))
  expect(holders(bench)).toEqual([])
  expect(ends(bench).at(-1)).toMatchObject({ type: 'lock_released', result: 'left_line', before: { holder: 'cron' } })
  expect(place(bench, 'eve')).toBe('granted')
  bench.ask(confirm('eve'), leave('eve'))
  expect(holders(bench)).toEqual(['eve'])
})

test('a waiter that comes back with its own token in a new request keeps its place', () => {
  const bench = crowd('bob', 'cron')
  expect(bench.ask(acquire('bob', { ticket: 'another' }))).toMatchObject([{ kind: 'waiting', position: 1 }])
  bench.ask(leave('bob')) // the request before it, whose connection is found dead now
  expect(place(bench, 'cron')).toBe(2)
  expect(bench.state.line).toHaveLength(2)
})

test('with other hosts the same ticket begins anew, at the end', () => {
  const bench = crowd('bob', 'cron')
  expect(place(bench, 'bob', ['spark-1'])).toBe(2)
  expect(bench.state.line).toHaveLength(2)
})

test('the line has an end; who stands in it already is not sent away', () => {
  const bench = crowd()
  const kinds = Array.from({ length: 101 }, (_, n) => bench.kind(line(`waiter ${n}`)))
  expect(kinds.indexOf('queue_full')).toBe(100)
  expect(place(bench, 'waiter 0')).toBe(1)
})

test('who confirms what is not its own any more is told so', () => {
  expect(crowd('bob').kind(confirm('bob'))).toBe('lock_stale')
})
