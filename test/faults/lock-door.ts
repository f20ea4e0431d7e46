import { createHash } from 'node:crypto'
import { Agent, fetch } from 'undici'
import type { Answer } from '../../domain/arbitration/command.ts'
import { ArbiterSilent, type Batcher, type Wish } from '../../domain/group-commit.ts'
import type { Asked, Told } from './lock-history.ts'

/** One way to the lock. What it gets no answer to is `unknown`; it never throws. */
export interface LockDoor {
  ask(asked: Asked): Promise<Told>
  close(): Promise<void>
}

/** Answers that nobody may ever get, as they were. */
export type Wrong = string[]

/** What a refused or failed answer is expected to be while parts are killed: nothing was done, or nobody knows. */
const silent = new Set([503])

/** Of a fetch that hangs at a frozen process. The API itself answers within six seconds. */
const patience_ms = 12_000
const path = '/api/swap/lock'

/** A client of the API. Swaps are asked for with `swapBody`, which may be another one each time. */
export class HttpDoor implements LockDoor {
  readonly url: string
  readonly #holder: string
  readonly #wrong: Wrong
  readonly #agent = new Agent({ connections: 1 })
  /** What `swap` asks for, beside the hosts. */
  swapBody: Readonly<Record<string, unknown>> = { model: null }
  /** The last swap that was accepted. */
  swapId: string | null = null

  constructor(url: string, holder: string, wrong: Wrong) {
    this.url = url
    this.#holder = holder
    this.#wrong = wrong
  }

  async ask(asked: Asked): Promise<Told> {
    try {
      const { status, json } = await this.#send(asked)
      return this.#told(asked, status, json)
    } catch (error) {
      return wasRefused(error) ? { kind: 'elsewhere' } : { kind: 'unknown' }
    }
  }

  async get(at: string): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.url}${at}`, { dispatcher: this.#agent, signal: AbortSignal.timeout(patience_ms) })
    return (await answer.json()) as Record<string, unknown> // an object on every route that is asked for here
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #send(asked: Asked): Promise<{ status: number; json: Record<string, unknown> }> {
    const token = 'token' in asked && asked.token !== null && asked.what !== 'acquire' ? { 'x-swap-lock-token': asked.token } : {}
    const { method, at, body } = this.#request(asked)
    const answer = await fetch(`${this.url}${at}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-spark-holder': this.#holder, ...token },
      body: JSON.stringify(body),
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(patience_ms),
    })
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> } // every answer of these routes is an object
  }

  #request(asked: Asked): { method: string; at: string; body?: object } {
    switch (asked.what) {
      case 'acquire': {
        const { token, hosts, ttl_ms } = asked
        return { method: 'POST', at: path, body: { holder: this.#holder, token, hosts, ttl_s: ttl_ms / 1000 } }
      }
      case 'extend':
        return { method: 'POST', at: path, body: { ttl_s: asked.ttl_ms / 1000 } }
      case 'release':
        return { method: 'DELETE', at: path }
      case 'force':
        return { method: 'DELETE', at: `${path}?force=true`, body: { reason: 'the test wants it', hosts: asked.hosts } }
      case 'swap':
        return { method: 'POST', at: '/api/swap', body: { ...this.swapBody, hosts: asked.hosts } }
    }
  }

  #told(asked: Asked, status: number, json: Record<string, unknown>): Told {
    const { code } = json
    if (status === 423) return { kind: 'reserved', fence: numberOr(json['fence'], null) }
    if (status === 409 && code === 'lock_stale') return { kind: 'stale' }
    if (status === 409 && (code === 'busy' || code === 'quarantined')) return { kind: 'elsewhere' }
    if (silent.has(status)) return code === 'surveying' ? { kind: 'elsewhere' } : { kind: 'unknown' }
    if (status === 200 && 'released' in json) return { kind: 'released', count: numberOr(json['released'], 0) }
    if (status === 200 && 'already_serving' in json) return { kind: 'elsewhere' }
    if (status === 202) this.swapId = String(json['swap_id'])
    if (status >= 200 && status < 300) return { kind: 'granted', fence: numberOr(json['fence'], null) }
    this.#wrong.push(`${asked.what} was answered ${status} ${JSON.stringify(json).slice(0, 300)}`)
    return { kind: 'unknown' }
  }
}

/** Nobody listened: it never left. */
const wasRefused = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ECONNREFUSED'

const numberOr = <T>(value: unknown, other: T): number | T => (typeof value === 'number' ? value : other)

/** Past the API, as another process of ours: only so a TTL may be as short as a test wants. */
export class ArbiterDoor implements LockDoor {
  readonly #arbiter: Pick<Batcher, 'ask'>
  readonly #holder: string
  readonly #wrong: Wrong

  constructor(arbiter: Pick<Batcher, 'ask'>, holder: string, wrong: Wrong) {
    this.#arbiter = arbiter
    this.#holder = holder
    this.#wrong = wrong
  }

  async ask(asked: Asked): Promise<Told> {
    try {
      return this.#told(asked, await this.#arbiter.ask(this.#wish(asked)))
    } catch (error) {
      if (!(error instanceof ArbiterSilent)) this.#wrong.push(`${asked.what}: ${String(error)}`)
      return { kind: 'unknown' }
    }
  }

  /** The batcher stays its owner's. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  #wish(asked: Asked): Wish {
    switch (asked.what) {
      case 'acquire': {
        const { token, hosts, ttl_ms } = asked
        return { type: 'acquire', tokenHash: hashOf(token), holder: this.#holder, purpose: null, ttlS: ttl_ms / 1000, hosts }
      }
      case 'extend':
        return { type: 'extend', tokenHash: hashOf(asked.token), ttlS: asked.ttl_ms / 1000 }
      case 'release':
        return { type: 'release', tokenHash: hashOf(asked.token) }
      case 'force':
        return { type: 'force_release', reason: 'the test wants it', hosts: asked.hosts }
      case 'swap':
        throw new Error('swaps are asked for over HTTP')
    }
  }

  #told(asked: Asked, answer: Answer): Told {
    switch (answer.kind) {
      case 'granted':
      case 'extended':
        return { kind: 'granted', fence: answer.reservation.fence }
      case 'released':
        return { kind: 'released', count: answer.count }
      case 'expired':
        return { kind: 'elsewhere' } // too late: nothing was done (ARBITER.md A4)
      case 'refused':
        if (answer.code === 'reserved') return { kind: 'reserved', fence: answer.reservation?.fence ?? null }
        if (answer.code === 'lock_stale') return { kind: 'stale' }
        if (answer.code === 'surveying') return { kind: 'elsewhere' }
    }
    this.#wrong.push(`${asked.what} was answered ${JSON.stringify(answer).slice(0, 300)}`)
    return { kind: 'unknown' }
  }
}

/** As the API hashes it: a token of one door is good at the other. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
