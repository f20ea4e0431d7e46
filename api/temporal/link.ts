import { Client, Connection, defaultGrpcRetryOptions, isGrpcServiceError, makeGrpcRetryInterceptor, ServiceError } from '@temporalio/client'
import type { TemporalTarget } from '../../config/temporal.ts'
import { Problem } from '../../domain/problem.ts'
import { Briefly } from '../briefly.ts'

interface Pulse {
  readonly ok: boolean
  readonly detail: string
}

/** gRPC's own numbers. */
const grpc = { unknown: 2, invalidArgument: 3, deadlineExceeded: 4, notFound: 5, permissionDenied: 7, unauthenticated: 16 }
const pulseLimit_ms = 1_000
const usualLimit_ms = 3_000

/**
 * The API's only way to Temporal. Made without connecting: the server may be down now and later, each call finds out anew and fails within its limit.
 * `close` is its owner's.
 */
export class TemporalLink {
  readonly client: Client
  readonly namespace: string
  readonly address: string
  readonly #connection: Connection
  readonly #pulses = new Briefly<Pulse>(1_000)
  readonly #underWay = new Set<Promise<unknown>>()
  #closing = false

  constructor(target: TemporalTarget) {
    this.#connection = Connection.lazy({
      ...target.connectionOptions,
      // A caller waits for seconds: few repeats, and a look for a server that came back each second, not each two minutes.
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 2 }))],
      channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.min_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 },
    })
    this.client = new Client({ connection: this.#connection, namespace: target.namespace })
    this.namespace = target.namespace
    this.address = target.connectionOptions.address
  }

  /** Runs calls to Temporal within a limit. A server that does not answer becomes the problem `temporal_down`; other errors pass. */
  async call<T>(work: (client: Client) => Promise<T>, limit_ms = usualLimit_ms): Promise<T> {
    try {
      return await this.during((client) => client.withDeadline(Date.now() + limit_ms, () => work(client)))
    } catch (error) {
      if (isSilence(error)) throw new Problem('temporal_down', `Temporal at ${this.address} does not answer`, {}, 2)
      throw error
    }
  }

  /** Runs a call so that `close` waits for its end: one that is still being repeated does not survive that its channel goes. */
  async during<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#closing) throw new Problem('temporal_down', 'This process is ending')
    const call = work(this.client)
    this.#underWay.add(call)
    try {
      return await call
    } finally {
      this.#underWay.delete(call)
    }
  }

  /** Whether Temporal answers and has our namespace, and if not, why. Never throws. */
  pulse(): Promise<Pulse> {
    return this.#pulses.get('', async () => {
      try {
        await this.call(({ workflowService }) => workflowService.describeNamespace({ namespace: this.namespace }), pulseLimit_ms)
        return { ok: true, detail: `${this.address}, namespace ${this.namespace}` }
      } catch (error) {
        return { ok: false, detail: this.#words(error) }
      }
    })
  }

  /**
   * Why a workflow that should answer does not. A call that runs into its limit looks the same whether the server or the worker is away: the server is asked
   * by itself.
   */
  async silence(): Promise<Problem> {
    const { ok, detail } = await this.pulse()
    return ok ? new Problem('worker_down', 'No worker answers; nothing was done', {}, 5) : new Problem('temporal_down', detail, {}, 5)
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.allSettled(this.#underWay)
    await this.#connection.close()
  }

  #words(error: unknown): string {
    if (error instanceof Problem) return error.message
    const code = grpcCodeOf(error)
    if (code === grpc.notFound) return `Temporal at ${this.address} has no namespace ${this.namespace}`
    if (code === grpc.permissionDenied || code === grpc.unauthenticated) return `Temporal at ${this.address} refuses our key`
    return `Temporal at ${this.address} does not answer as expected`
  }
}

const answered = new Set([grpc.invalidArgument, grpc.notFound, grpc.permissionDenied, grpc.unauthenticated])

/** True when no answer came, as opposed to an answer that says no. */
export function isSilence(error: unknown): boolean {
  const code = grpcCodeOf(error)
  return code !== null && !answered.has(code)
}

/** True when the server does not like what it was given. A page token that it cannot read it answers with `unknown`. */
export function isRefusal(error: unknown): boolean {
  const code = grpcCodeOf(error)
  return code === grpc.invalidArgument || code === grpc.unknown
}

function grpcCodeOf(error: unknown): number | null {
  if (isGrpcServiceError(error)) return error.code
  return error instanceof ServiceError && error.cause !== undefined ? grpcCodeOf(error.cause) : null
}
