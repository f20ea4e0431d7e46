/** What is asked of the API, beside its method and path. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly token?: string
}

export interface Expected {
  readonly status: number
  /** A part of the answer. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Held {
  readonly holder: string
  readonly hosts: readonly string[]
  readonly fence: number
}

interface Wanted {
  readonly host: string
  readonly model: string
  readonly token: string | null
  readonly onBusy: 'reject' | 'queue'
  readonly force: boolean
}

export interface ModelledSwap extends Omit<Wanted, 'onBusy'> {
  readonly id: string
}

/** A released token may be given back again for so long (ARBITER.md A5); in between, either answer is right. Milliseconds. */
const [surelyRemembered_ms, surelyForgotten_ms] = [11_000, 18_000]

const refused = (status: number, code: string, more: object = {}): Expected => ({ status, json: { code, ...more } })
const overlap = (a: readonly string[], b: readonly string[]): boolean => a.some((host) => b.includes(host))
const sameHosts = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((host) => b.includes(host))

/**
 * Reservations, queue and schedules of two hosts, as the rules say that they are (DESIGN.md §4 and §6, ARBITER.md): what is to be answered next, and what
 * that changes. No swap ends by itself, and no time passes.
 */
export class CoordinationModel {
  readonly held = new Map<string, Held>()
  /** Tokens that were ever used, in this order. */
  readonly tokens: string[] = []
  readonly forced = new Set<string>()
  readonly released = new Map<string, number>()
  running: readonly ModelledSwap[] = []
  queue: readonly ModelledSwap[] = []
  readonly schedules = new Map<string, { readonly cron: string; readonly owner: string }>()
  /** Of all that were ever accepted. */
  readonly swapIds: string[] = []
  /** The highest fence that was told. */
  fence = 0

  /** Reservations of others on any of these hosts. */
  others(hosts: readonly string[], token: string | null): readonly (readonly [token: string, held: Held])[] {
    return [...this.held].filter(([of, held]) => of !== token && overlap(held.hosts, hosts))
  }

  acquire(token: string, hosts: readonly string[]): Expected {
    const own = this.held.get(token)
    if (own !== undefined) return sameHosts(own.hosts, hosts) ? { status: 200, json: { fence: own.fence } } : refused(422, 'invalid_request')
    if (this.forced.has(token)) return refused(409, 'lock_stale')
    const [other] = this.others(hosts, token)
    return other === undefined ? { status: 201, json: { token, hosts: [...hosts].sort() } } : refused(423, 'reserved')
  }

  granted(token: string, held: Held): void {
    this.held.set(token, held)
    this.fence = held.fence
  }

  extend(token: string): Expected {
    const own = this.held.get(token)
    return own === undefined ? refused(409, 'lock_stale') : { status: 200, json: { fence: own.fence } }
  }

  /** Both answers, where it is a matter of seconds. */
  release(token: string, now_ms: number): readonly Expected[] {
    if (this.held.has(token)) {
      this.held.delete(token)
      this.released.set(token, now_ms)
      return [{ status: 200, json: { released: 1 } }]
    }
    const ago_ms = now_ms - (this.released.get(token) ?? -Infinity)
    const again: readonly Expected[] = ago_ms < surelyForgotten_ms ? [{ status: 200, json: { released: 0 } }] : []
    return ago_ms < surelyRemembered_ms ? again : [...again, refused(409, 'lock_stale')]
  }

  force(hosts: readonly string[]): Expected {
    return { status: 200, json: { released: this.#endByForce(this.others(hosts, null)) } }
  }

  /** What the gate says; an accepted swap is then told to `accepted`. */
  swap({ host, model, token, onBusy, force }: Wanted): Expected {
    const [other] = this.others([host], token)
    if (!force && other !== undefined) return refused(423, 'reserved')
    if (!force && token !== null && !this.held.has(token)) return refused(409, 'lock_stale')
    const busy = [...this.running, ...this.queue].filter((one) => one.host === host)
    const last = busy.at(-1)
    if (last === undefined) return { status: 202, json: { state: 'running', model, hosts: [host], position: null } }
    if (onBusy === 'reject') return refused(409, 'busy')
    const joins = !force && !last.force && last.model === model && last.token === token
    return joins
      ? { status: 202, json: { swap_id: last.id, joined: true } }
      : { status: 202, json: { state: 'queued', model, hosts: [host], fence: null } }
  }

  accepted(id: string, { host, model, token, force }: Wanted): void {
    if (force) this.#endByForce(this.others([host], token))
    const swap = { id, host, model, token, force }
    this.swapIds.push(id)
    if (this.running.some((one) => one.host === host)) this.queue = [...this.queue, swap]
    else this.running = [...this.running, swap]
  }

  cancelled(swap: ModelledSwap): void {
    this.queue = this.queue.filter((one) => one !== swap)
  }

  /** How all of them end when the hosts go on: those in the queue get their turn unless somebody else holds their host by then. */
  ends(): readonly { readonly id: string; readonly outcome: string; readonly cause: string }[] {
    const ends = [
      ...this.running.map(({ id }) => ({ id, outcome: 'preflight_failed', cause: 'weights_missing' })),
      ...this.queue.map(({ id, host, token }) =>
        this.others([host], token).length > 0
          ? { id, outcome: 'cancelled', cause: 'reserved' }
          : { id, outcome: 'preflight_failed', cause: 'weights_missing' },
      ),
    ]
    this.running = this.queue = []
    return ends
  }

  putSchedule(id: string, cron: string, owner: string): Expected {
    const status = this.schedules.has(id) ? 200 : 201
    this.schedules.set(id, { cron, owner })
    return { status, json: { id, kind: 'external', cron, owner } }
  }

  readSchedule(id: string): Expected {
    const known = this.schedules.get(id)
    return known === undefined ? refused(404, 'unknown_schedule') : { status: 200, json: { id, ...known } }
  }

  deleteSchedule(id: string): Expected {
    return this.schedules.delete(id) ? { status: 200, json: { removed: id } } : refused(404, 'unknown_schedule')
  }

  #endByForce(ended: readonly (readonly [token: string, held: Held])[]): number {
    for (const [token] of ended) {
      this.held.delete(token)
      this.forced.add(token)
    }
    return ended.length
  }
}
