import { connect } from 'node:net'
import { Agent, request } from 'undici'
import type { Places } from '../../config/places.ts'
import type { ProbeAnswer } from '../../domain/services/judge.ts'
import { originOf, type Service } from '../../domain/services/service.ts'
import { keyHeaders } from './key.ts'

const connectMs = 2_000
/** No list of models is longer; what is longer is not read. */
const mostBytes = 1_000_000

export interface Answered {
  readonly answer: ProbeAnswer
  /** Empty where nothing was asked for, or too much came. */
  readonly text: string
}

/** Asks one service. Redirects are not followed. Whoever makes it closes it. */
export class ServiceClient {
  readonly #service: Service
  readonly #places: Pick<Places, 'configDir'>
  readonly #agent = new Agent({ connect: { timeout: connectMs }, keepAliveTimeout: 10_000, pipelining: 1, maxResponseSize: mostBytes })

  constructor(service: Service, places: Pick<Places, 'configDir'>) {
    this.#service = service
    this.#places = places
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** One request with the service's key, a POST where there is something to send. Ends within `limit_s`. Never throws: silence is an answer in words. */
  async ask(path: string, limit_s: number, signal: AbortSignal, json?: object): Promise<Answered> {
    const limit = AbortSignal.timeout(limit_s * 1000)
    try {
      const headers = await keyHeaders(this.#service, this.#places)
      const { statusCode, body } = await request(originOf(this.#service) + path, {
        dispatcher: this.#agent,
        headersTimeout: 0,
        bodyTimeout: 0,
        signal: AbortSignal.any([signal, limit]),
        headers: json === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(json === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(json) }),
      })
      // The status is what counts: an answer whose body breaks off, or is endless, is one.
      return { answer: { kind: 'answered', status: statusCode }, text: await body.text().catch(() => '') }
    } catch (error) {
      return { answer: { kind: 'silent', words: limit.aborted ? `${path} did not answer within ${limit_s} s` : wordsOf(error) }, text: '' }
    }
  }

  /** Whether its port takes a connection. */
  connect(signal: AbortSignal): Promise<ProbeAnswer> {
    const { address, port } = this.#service
    return tryPort(address, port, signal)
  }
}

/** Tries a TCP connection and ends it at once. Never throws. */
export async function tryPort(address: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  return await new Promise<ProbeAnswer>((resolve) => {
    const socket = connect({ host: address, port, signal, timeout: connectMs })
    const settle = (answer: ProbeAnswer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle({ kind: 'connected' }))
    socket.once('timeout', () => settle({ kind: 'silent', words: `port ${port} did not answer within ${connectMs / 1000} s` }))
    socket.once('error', (error) => settle({ kind: 'silent', words: wordsOf(error) }))
  })
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on its port',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNRESET: 'it broke the connection off',
  UND_ERR_SOCKET: 'it broke the connection off',
  UND_ERR_CONNECT_TIMEOUT: `it did not take a connection within ${String(connectMs / 1000)} s`,
}

/** An error of a socket in words for people; of one that tried several addresses, the first. */
function wordsOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  if (!(first instanceof Error)) return String(first)
  const code = 'code' in first ? String(first.code) : ''
  return plainWords[code] ?? first.message.slice(0, 200)
}
