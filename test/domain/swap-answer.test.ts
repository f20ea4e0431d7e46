import { expect, test } from 'vitest'
import { queuedSwap } from '../../api/routes/swap-examples.ts'
import { acceptedView, SwapAccepted } from '../../domain/swap-answer.ts'

const now = Date.parse('2026-11-24T05:00:00Z')

test('a swap that waits tells its place and when its turn should come', () => {
  const view = acceptedView(queuedSwap, { position: 2, joined: true, expectedStartAt: now + 90_500 }, now)
  expect(SwapAccepted.parse(view)).toMatchObject({
    position: 2,
    joined: true,
    expected_start_at: '2026-11-24T05:01:30.500Z',
    expected_start_in_s: 91,
  })
})

test('a turn that is overdue is due now, and an unknown one is null', () => {
  expect(acceptedView(queuedSwap, { position: 1, joined: false, expectedStartAt: now - 5_000 }, now).expected_start_in_s).toBe(0)
  expect(acceptedView(queuedSwap, { position: null, joined: false, expectedStartAt: null }, now)).toMatchObject({
    expected_start_at: null,
    expected_start_in_s: null,
  })
})
