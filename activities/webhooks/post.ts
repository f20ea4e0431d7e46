import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { judgeAddress, type AddressRules } from '../../domain/webhooks/address-policy.ts'
import { judgeUrl, portOf } from '../../domain/webhooks/url-policy.ts'

export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

export interface PostLimits {
  readonly rules: AddressRules
  /** For all of it: name, connection, answer and what is read of its body. */
  readonly limitMs: number
  readonly resolve: Resolve
}

/** How a POST went. `error` is null for an answer, whatever its status. */
export interface Posted {
  readonly status: number | null
  readonly retryAfter: string | undefined
  /** The first 1 kB of what was answered. */
  readonly response: string
  readonly error: string | null
}

/** Every address of a name, as this machine's programs see it. */
export const resolveHere: Resolve = (hostname) => lookup(hostname, { all: true })

const most_bytes = 1024
const bodyPatience_ms = 2_000

class Denied extends Error {}

/**
 * One POST to somebody else's server, on a connection of its own. Each address is judged where it is connected to, so that a name that changes its mind after it was looked
 * at gains nothing; redirects are not followed and proxies of the environment not used. Never throws for what the other side does.
 */
export async function post(url: URL, headers: Readonly<Record<string, string>>, body: string, limits: PostLimits): Promise<Posted> {
  const verdict = judgeUrl(url, limits.rules) // a literal address is connected to without any look-up
  if (!verdict.allowed) return failed(`denied: ${verdict.why}`)
  const signal = AbortSignal.timeout(limits.limitMs)
  // Once connected, the signal is the one limit: the agent's own go by a coarse clock, and one that is early would look like a broken connection.
  const agent = new Agent({
    connect: { lookup: judgedLookup(portOf(url), limits), timeout: limits.limitMs, allowH2: false },
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  try {
    const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal })
    const retryAfter = answer.headers['retry-after']
    return {
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      response: await beginningOf(answer.body),
      error: null,
    }
  } catch (error) {
    return failed(signal.aborted ? 'timeout' : inWords(error))
  } finally {
    await agent.destroy()
  }
}

const failed = (error: string): Posted => ({ status: null, retryAfter: undefined, response: '', error })

/** Resolves a name to those of its addresses that may be used. A resolver that fails is a failure, never a pass. */
const judgedLookup =
  (port: number, { resolve, rules }: PostLimits): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const judged = found.map(({ address, family }) => ({ address, family, verdict: judgeAddress(address, port, rules) }))
        const usable = judged.filter(({ verdict }) => verdict.allowed)
        const [first] = usable
        const refused = judged.find(({ verdict }) => !verdict.allowed)?.verdict
        if (first === undefined)
          callback(new Denied(refused === undefined || refused.allowed ? 'the name has no address' : `denied: ${refused.why}`), '', 0)
        else if (options.all === true)
          callback(
            null,
            usable.map(({ address, family }) => ({ address, family })),
          )
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 0),
    )
  }

/** The status has decided already: what follows is read for a second or two, and never in full, however much or little comes. */
async function beginningOf(body: AsyncIterable<Buffer> & { destroy(): unknown; on(event: 'error', listener: () => void): unknown }): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  body.on('error', () => undefined)
  const patience = setTimeout(() => body.destroy(), bodyPatience_ms)
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, most_bytes - size))
      size += chunk.length
      if (size >= most_bytes) break
    }
  } catch {
    // cut off by them or by us: what came is what there is
  } finally {
    clearTimeout(patience)
    body.destroy()
  }
  return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '\uFFFD')
}

function inWords(error: unknown): string {
  if (error instanceof Denied) return error.message
  if (!(error instanceof Error)) return 'connect: failed'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'timeout'
  return /^(ENOTFOUND|EAI_)/.test(code) ? `name: ${code}` : `connect: ${code.slice(0, 200)}`
}
