import type { z } from 'zod'
import type { Lock, LockGranted } from '../../domain/lock.ts'
import { problemExample } from '../route.ts'

const reservation = {
  holder: 'nightly-batch',
  purpose: 'embeddings of the day',
  hosts: ['spark-1', 'spark-2'],
  acquired_at: '2026-11-24T22:00:00.000Z',
  expires_at: '2026-11-24T22:10:00.000Z',
  expires_in_s: 412,
  fence: 1795557600001,
}

const token = 'mGq7cW2pQ0f3yT8sVd1kZxNbL4hRjU6oEaI9wPzKtXs'

export const acquired: z.infer<typeof LockGranted> = { ...reservation, expires_in_s: 600, token }

export const heldLock: Lock = {
  held: true,
  ...reservation,
  waiting: 1,
  line: [{ holder: 'Ada', hosts: ['spark-1'], since: '2026-11-24T22:02:48.000Z' }],
  locks: [reservation],
}

/** Somebody else's reservation, as it refuses a lock and a swap. */
export const reservedProblem = problemExample(
  'reserved',
  'nightly-batch (embeddings of the day) holds spark-1, spark-2 until 2026-11-24T22:10:00.000Z',
  { ...reservation, queue_length: 0, waiting: 1 },
)

export const staleProblem = problemExample('lock_stale')
