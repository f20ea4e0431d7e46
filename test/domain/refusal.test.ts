import { expect, test } from 'vitest'
import type { Answer } from '../../domain/arbitration/command.ts'
import { lineRefusal, refusal } from '../../domain/refusal.ts'

type Refused = Extract<Answer, { kind: 'refused' }>

const refused = (more: Partial<Refused>): Refused => ({
  kind: 'refused',
  code: 'busy',
  message: null,
  reservation: null,
  busy: null,
  hosts: [],
  ...more,
})
const now = Date.parse('2026-11-24T05:00:00Z')

test('reserved tells who, why, since when and until when, and when to come again', () => {
  const reservation = { holder: 'cron', purpose: 'nightly run', hosts: ['spark-1'], acquiredAt: now - 1_000, expiresAt: now + 90_500, fence: 7 }
  const problem = refusal(refused({ code: 'reserved', reservation }), now)
  expect(problem).toMatchObject({
    code: 'reserved',
    message: 'cron (nightly run) holds spark-1 until 2026-11-24T05:01:30.500Z',
    retryAfterS: 91,
    facts: {
      holder: 'cron',
      purpose: 'nightly run',
      acquired_at: '2026-11-24T04:59:59.000Z',
      expires_at: '2026-11-24T05:01:30.500Z',
      expires_in_s: 91,
      fence: 7,
    },
  })
  expect(Object.keys(problem.facts)).not.toContain('token')
})

test('busy names the swap and its expected end', () => {
  const busy = {
    swapId: 'swap-0001',
    claimId: null,
    model: 'mine',
    phase: 'launch',
    holder: 'cron',
    hosts: ['spark-1'],
    startedAt: now - 60_000,
    expectedEndAt: now + 30_000,
  } as const
  expect(refusal(refused({ busy }), now)).toMatchObject({
    message: 'swap swap-0001 to mine is running on spark-1, in launch',
    retryAfterS: 30,
    facts: { busy: { swap_id: 'swap-0001', expected_end_at: '2026-11-24T05:00:30.000Z', expected_in_s: 30 } },
  })
  expect(refusal(refused({ busy: { ...busy, expectedEndAt: null } }), now)).toMatchObject({
    retryAfterS: 10,
    facts: { busy: { expected_end_at: null } },
  })
})

test('a host operation that is in the way is named as one', () => {
  const busy = {
    swapId: null,
    claimId: 'restart-asr',
    model: null,
    phase: null,
    holder: 'me',
    hosts: ['spark-2'],
    startedAt: now,
    expectedEndAt: null,
  }
  expect(refusal(refused({ busy }), now).message).toBe('host operation restart-asr is running on spark-2')
})

test('what a repeat cannot mend has no time for one', () => {
  expect(refusal(refused({ code: 'lock_stale' }), now).retryAfterS).toBeNull()
  expect(refusal(refused({ code: 'surveying' }), now).retryAfterS).toBe(3)
  expect(refusal({ kind: 'expired' }, now)).toMatchObject({ code: 'expired', retryAfterS: 1 })
})

test('the arbiter’s own words go first', () => {
  expect(refusal(refused({ code: 'quarantined', message: 'spark-2 was unreachable', hosts: ['spark-2'] }), now)).toMatchObject({
    message: 'spark-2 was unreachable',
    facts: { hosts: ['spark-2'] },
  })
})

test('who else waits is told where it is known, with what runs on reserved hosts', () => {
  const reservation = { holder: 'cron', purpose: null, hosts: ['spark-1'], acquiredAt: now, expiresAt: now + 60_000, fence: 7 }
  const busy = {
    swapId: 'swap-0001',
    claimId: null,
    model: 'mine',
    phase: 'launch',
    holder: 'cron',
    hosts: ['spark-1'],
    startedAt: now,
    expectedEndAt: now + 90_000,
  } as const
  const problem = refusal(refused({ code: 'reserved', reservation, busy, crowd: { queued: 2, waiting: 3 } }), now)
  expect(problem.facts).toMatchObject({ holder: 'cron', busy: { swap_id: 'swap-0001', expected_in_s: 90 }, queue_length: 2, waiting: 3 })
  expect(Object.keys(refusal(refused({}), now).facts)).not.toContain('queue_length')
})

test('a free lock that others stand in line for is refused as theirs, to be asked for again soon', () => {
  expect(refusal(refused({ code: 'reserved', message: '2 others stand in line' }), now)).toMatchObject({
    message: '2 others stand in line',
    retryAfterS: 5,
  })
})

test('whoever waited in vain is told by whom, at which place, and to stand in line again', () => {
  const reservation = { holder: 'cron', purpose: 'nightly run', hosts: ['spark-1'], acquiredAt: now, expiresAt: now + 60_000, fence: 7 }
  expect(lineRefusal({ kind: 'waiting', position: 2, reservation, busy: null }, now)).toMatchObject({
    code: 'reserved',
    message: 'cron (nightly run) holds spark-1 until 2026-11-24T05:01:00.000Z',
    retryAfterS: 1,
    facts: { holder: 'cron', position: 2 },
  })
  expect(lineRefusal({ kind: 'waiting', position: 2, reservation: null, busy: null }, now).message).toBe('Others are before you in line')
})
