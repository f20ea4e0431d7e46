import { expect, test } from 'vitest'
import { viewOf } from '../../../domain/arbitration/view.ts'
import { acquire, Bench, command, hash, start, swap } from './commands.ts'

const release = (holder: string, notAfter = start + 1_000_000) => ({ ...command('release', { tokenHash: hash(holder) }), notAfter })
const extend = (holder: string, ttlS = 60) => command('extend', { tokenHash: hash(holder), ttlS })
const forceRelease = (hosts: string[] | null) => command('force_release', { reason: 'on fire', hosts })

test('reservations need no survey', () => {
  expect(new Bench(['spark-1']).kind(acquire('ann'))).toBe('granted')
})

test('disjoint hosts have a holder each; all hosts are only free when each is', () => {
  const bench = Bench.ready()
  expect(bench.kind(acquire('ann', { hosts: ['spark-1'] }))).toBe('granted')
  expect(bench.kind(acquire('bob', { hosts: ['spark-2'] }))).toBe('granted')
  expect(bench.kind(acquire('eve'))).toBe('reserved')
  expect(bench.kind(acquire('eve', { hosts: ['spark-9'] }))).toBe('unknown_host')
})

test('fifty at once: one grant, and all others learn who holds it', () => {
  const bench = Bench.ready()
  const answers = bench.ask(...Array.from({ length: 50 }, (_, n) => acquire(`holder-${n}`)))
  expect(answers.filter((answer) => answer.kind === 'granted')).toHaveLength(1)
  expect(answers.slice(1).every((answer) => answer.kind === 'refused' && answer.reservation?.holder === 'holder-0')).toBe(true)
})

test('an acquire whose reply was lost is granted again, unchanged; the same token later extends', () => {
  const bench = Bench.ready()
  const first = acquire('ann')
  const [granted] = bench.ask(first)
  bench.now += 5_000
  expect(bench.ask(first)).toEqual([granted])
  expect(bench.ask(acquire('ann'))).toMatchObject([{ kind: 'extended', reservation: { expiresAt: start + 605_000 } }])
  expect(bench.kind(acquire('ann', { hosts: ['spark-1'] }))).toBe('invalid_request')
})

test('a reservation ends at its time, without anyone’s doing', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }))
  bench.now = start + 9_999
  expect(bench.kind(acquire('bob'))).toBe('reserved')
  bench.now = start + 10_000
  expect(bench.kind(extend('ann'))).toBe('lock_stale')
  expect(bench.kind(acquire('bob'))).toBe('granted')
})

test('an extension counts from now and never shortens', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 600 }))
  expect(bench.ask(extend('ann', 60))).toMatchObject([{ reservation: { expiresAt: start + 600_000 } }])
  expect(bench.ask(extend('ann', 900))).toMatchObject([{ reservation: { expiresAt: start + 900_000 } }])
})

test('a stale token releases nothing: the successor keeps its lock', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }))
  bench.now += 11_000
  bench.ask(acquire('bob'))
  expect(bench.kind(release('ann'))).toBe('lock_stale')
  expect(bench.state.reservations).toMatchObject([{ holder: 'bob' }])
})

test('a release whose reply was lost is done when it comes again, also when someone else holds by then', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'))
  const once = release('ann', start + 5_000)
  expect(bench.ask(once)).toEqual([{ kind: 'released', count: 1 }])
  bench.ask(acquire('bob'))
  expect(bench.ask(once)).toEqual([{ kind: 'released', count: 0 }])
  expect(bench.state.reservations).toMatchObject([{ holder: 'bob' }])
  bench.now = start + 15_001
  expect(bench.kind(release('ann'))).toBe('lock_stale')
})

test('a forced release names hosts when several are held, and touches only those', () => {
  const bench = Bench.ready()
  expect(bench.ask(forceRelease(null))).toEqual([{ kind: 'released', count: 0 }])
  bench.ask(acquire('ann', { hosts: ['spark-1'] }), acquire('bob', { hosts: ['spark-2'] }))
  expect(bench.kind(forceRelease(null))).toBe('invalid_request')
  expect(bench.ask(forceRelease(['spark-1']))).toEqual([{ kind: 'released', count: 1 }])
  expect(bench.ask(forceRelease(null))).toEqual([{ kind: 'released', count: 1 }])
})

test('a person with only Temporal’s page releases all by naming none', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { hosts: ['spark-1'] }), acquire('bob', { hosts: ['spark-2'] }))
  bench.take({ kind: 'forced_by_hand', hosts: null, reason: 'nobody answers the phone', by: null })
  expect(bench.state.reservations).toEqual([])
})

test('a running swap keeps its holder’s reservation until a minute after its end', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }))
  bench.now += 300_000
  expect(bench.kind(acquire('bob'))).toBe('reserved')
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'completed', left: { 'spark-1': 'empty' }, deployments: [] } })
  bench.now += 59_999
  expect(bench.kind(acquire('bob'))).toBe('reserved')
  bench.now += 1
  expect(bench.kind(acquire('bob'))).toBe('granted')
})

test.each([
  ['released', release('ann')],
  ['forced', forceRelease(null)],
])('a running swap does not revive a reservation that was %s, and is not ended with it', (_how, ending) => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }), ending)
  bench.now += 1_000
  expect(bench.kind(acquire('bob'))).toBe('granted')
  expect(bench.active).toEqual(['swap-0001'])
})

test('every grant has a higher fence', () => {
  const bench = Bench.ready()
  const { fence } = bench.state
  const [first] = bench.ask(acquire('ann'))
  bench.ask(release('ann'))
  const [second] = bench.ask(acquire('bob'))
  expect([first, second]).toMatchObject([{ reservation: { fence: fence + 1 } }, { reservation: { fence: fence + 2 } }])
})

test('what others may see has no trace of a token', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }))
  expect(JSON.stringify(viewOf(bench.state))).not.toContain(hash('ann').slice(0, 6))
})
