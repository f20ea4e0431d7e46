import { expect, test } from 'vitest'
import type { ReservationFacts } from '../../domain/arbitration/command.ts'
import { lockView } from '../../domain/lock-view.ts'
import { Lock } from '../../domain/lock.ts'

const facts = (more: Partial<ReservationFacts> = {}): ReservationFacts => ({
  holder: 'cron',
  purpose: 'nightly',
  hosts: ['spark-1'],
  acquiredAt: 1_000,
  expiresAt: 61_000,
  fence: 7,
  ...more,
})

test('an expired reservation is no lock, though nobody took it away yet', () => {
  expect(lockView([facts()], 60_999)).toMatchObject({ held: true, holder: 'cron', expires_in_s: 1 })
  expect(lockView([facts()], 61_000)).toMatchObject({ held: false, holder: null, locks: [] })
})

test('of several reservations the first is told as the lock, and all are listed', () => {
  const view = lockView([facts({ holder: 'later', acquiredAt: 2_000, hosts: ['spark-2'] }), facts()], 5_000)
  expect(view.holder).toBe('cron')
  expect(view.locks.map(({ holder }) => holder)).toEqual(['cron', 'later'])
  expect(Lock.parse(view)).toEqual(view)
})

test('nobody holds it: every fact is null', () => {
  expect(Lock.parse(lockView([], 0))).toMatchObject({ held: false, expires_at: null, expires_in_s: null, fence: null, hosts: [] })
})

test('who stands in line is counted and named, the next one first', () => {
  const view = lockView([facts()], 5_000, [{ holder: 'Ada', hosts: ['spark-1'], since: 2_000 }])
  expect(Lock.parse(view)).toMatchObject({ waiting: 1, line: [{ holder: 'Ada', hosts: ['spark-1'], since: '1970-01-01T00:00:02.000Z' }] })
})
