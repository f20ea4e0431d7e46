import { expect, test } from 'vitest'
import { acquire, Bench, claim, command, hash, swap } from './commands.ts'

const extend = command('extend', { tokenHash: hash('ann'), ttlS: 60 })
const force = command('force_release', { reason: 'on fire', hosts: null, by: { name: 'admin', address: '192.0.2.1' } })
const uses = [
  ['extend', extend],
  ['release', command('release', { tokenHash: hash('ann') })],
  ['swap', swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') })],
  ['a host operation', claim('claim-1', ['spark-1'], { tokenHash: hash('ann') })],
] as const

test.each(uses)('a token whose reservation was ended by force is told by whom and why: %s', (_how, use) => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), force)
  expect(bench.ask(use)).toMatchObject([{ code: 'lock_stale', message: 'admin ended this reservation at 1970-01-01T00:16:40.000Z: on fire' }])
})

test.each(uses)('a token whose reservation expired is told so: %s', (_how, use) => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }))
  bench.now += 10_000
  expect(bench.ask(use)).toMatchObject([{ code: 'lock_stale', message: 'This reservation expired at 1970-01-01T00:16:50.000Z' }])
})

test('whoever’s reservation was ended by force gets no new one by repeating itself, in line neither; another token does', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), force)
  expect(bench.kind(acquire('ann'))).toBe('lock_stale')
  expect(bench.kind(acquire('ann', { ticket: 'ticket' }))).toBe('lock_stale')
  expect(bench.kind(acquire('ann', { tokenHash: hash('ann again') }))).toBe('granted')
})

test('a swap that overrides ends the reservation as much as a forced release does', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), swap('swap-0001', ['spark-1'], { force: true, reason: 'now', by: { name: 'eve', address: null } }))
  expect(bench.ask(extend)).toMatchObject([{ code: 'lock_stale', message: expect.stringMatching(/^eve ended .*: now$/) as string }])
})

test('a token that expired acquires again', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }))
  bench.now += 10_000
  expect(bench.kind(acquire('ann'))).toBe('granted')
  expect(bench.kind(extend)).toBe('extended')
})

test('how a token ended is remembered for an hour', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), force)
  bench.now += 3_599_000
  expect(bench.ask(extend)).toMatchObject([{ message: expect.stringContaining('on fire') as string }])
  bench.now += 1_000
  expect(bench.ask(extend)).toMatchObject([{ code: 'lock_stale', message: null }])
  expect(bench.kind(acquire('ann'))).toBe('granted')
})

test('who holds on while a swap runs there is told of, with when that should be over', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }))
  expect(bench.ask(acquire('bob', { hosts: ['spark-1'] }))).toMatchObject([
    { code: 'reserved', reservation: { holder: 'ann' }, busy: { swapId: 'swap-0001', model: 'qwen' } },
  ])
})
