import { createHash, randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { createArbiterClient } from '../activities/arbiter.ts'
import type { ClusterId } from '../domain/names.ts'
import { taskQueueOf } from '../domain/names.ts'
import type { Batcher } from '../domain/group-commit.ts'
import { LeanConnection } from './lean-http.ts'

/** What became of an attempt to get the lock. `failed` is what must not happen: no answer, a 5xx, an answer nobody understands. */
type Attempt =
  { readonly kind: 'granted'; readonly token: string } | { readonly kind: 'reserved' } | { readonly kind: 'failed'; readonly how: string }

/** One of many who want the lock. */
export interface LockCaller {
  acquire(): Promise<Attempt>
  /** Null when it was released; else what went wrong. */
  release(token: string): Promise<string | null>
  close(): void
}

const path = '/api/swap/lock'

/** A caller over HTTP with a keep-alive connection of its own, as a cron job or a page has. */
export async function httpCaller(port: number, holder: string): Promise<LockCaller> {
  const connection = await LeanConnection.open(port)
  const body = JSON.stringify({ holder, ttl_s: 600 })
  return {
    async acquire() {
      const { status, body: text } = await connection.request('POST', path, {}, body)
      if (status === 423) return { kind: 'reserved' }
      const token = /"token":"([^"]+)"/.exec(text)?.[1]
      return status === 201 && token !== undefined ? { kind: 'granted', token } : { kind: 'failed', how: `${status} ${text.slice(0, 200)}` }
    },
    async release(token) {
      const { status, body: text } = await connection.request('DELETE', path, { 'x-swap-lock-token': token }, '')
      return status === 200 ? null : `${status} ${text.slice(0, 200)}`
    },
    close: () => connection.close(),
  }
}

/** One batcher, as a process has it: the way to the arbiter without HTTP. */
export const arbiterOf = (client: Client, clusterId: ClusterId): Batcher =>
  createArbiterClient({ client, clusterId, taskQueue: taskQueueOf(clusterId) })

/** A caller who asks the arbiter by its Update. What HTTP costs is the difference. */
export function decideCaller(arbiter: Batcher, holder: string): LockCaller {
  return {
    async acquire() {
      const token = randomUUID()
      const answer = await arbiter.ask({ type: 'acquire', tokenHash: sha256(token), holder, purpose: null, ttlS: 600, hosts: null })
      if (answer.kind === 'granted') return { kind: 'granted', token }
      return answer.kind === 'refused' && answer.code === 'reserved' ? { kind: 'reserved' } : { kind: 'failed', how: JSON.stringify(answer) }
    },
    async release(token) {
      const answer = await arbiter.ask({ type: 'release', tokenHash: sha256(token) })
      return answer.kind === 'released' ? null : JSON.stringify(answer)
    },
    close: () => undefined,
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
