/** What a lock route answered. */
export interface LockAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly json: Record<string, unknown>
}

interface Acquiring {
  readonly waitS?: number
  /** Hangs up when it fires. */
  readonly leaving?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

const path = '/api/swap/lock'

/** Somebody who wants the lock, over HTTP alone, from whichever API process is at `url`. A connection that breaks is an error. */
export class LockClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  acquire(body: object, { waitS = 0, leaving, headers }: Acquiring = {}): Promise<LockAnswer> {
    const query = waitS === 0 ? '' : `?wait_s=${String(waitS)}`
    return this.#ask('POST', query, body, { headers, leaving })
  }

  extend(token: string, ttlS: number): Promise<LockAnswer> {
    return this.#ask('POST', '', { ttl_s: ttlS }, { headers: withToken(token) })
  }

  release(token: string): Promise<LockAnswer> {
    return this.#ask('DELETE', '', undefined, { headers: withToken(token) })
  }

  look(): Promise<LockAnswer> {
    return this.#ask('GET', '', undefined, {})
  }

  async #ask(
    method: string,
    query: string,
    body: object | undefined,
    { headers = {}, leaving }: { headers?: Readonly<Record<string, string>> | undefined; leaving?: AbortSignal | undefined },
  ): Promise<LockAnswer> {
    const answer = await fetch(`${this.#url}${path}${query}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(leaving !== undefined && { signal: leaving }),
    })
    const json = (await answer.json()) as Record<string, unknown> // every answer of these routes is an object
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), json }
  }
}

const withToken = (token: string): Record<string, string> => ({ 'x-swap-lock-token': token })
