import { isDeepStrictEqual } from 'node:util'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { DemoHost } from '../../demo/host.ts'
import type { ApiAnswer } from './control-plane.ts'
import type { CoordinationModel, Expected, Request } from './coordination-model.ts'

/** The API with two hosts of its own, which stand still until they are told to go on: so no swap on them ends by itself. */
export interface Real {
  readonly ask: (request: Request) => Promise<ApiAnswer>
  readonly hosts: readonly [DemoHost, DemoHost]
  /** Of schedule ids, so that several can share one registry. */
  readonly prefix: string
}

type Command = fc.AsyncCommand<CoordinationModel, Real>

/** Weights that no host has: such a swap passes the gate, and ends in its preflight. */
const missingModels = ['nobody-has-this', 'nobody-has-that'] as const
export const missingCatalog: Readonly<Record<string, object>> = Object.fromEntries(
  missingModels.map((key) => [
    key,
    { repo: `spark-control-demo/${key}`, launcher: 'docker', image: 'vllm-node', knobs: { gpu_memory_utilization: 0.5 } },
  ]),
)

const lockPath = '/api/swap/lock'
const ids = ['nightly', 'weekly', 'now.and-then'] as const
const crons = ['0 3 * * *', '*/15 * * * 1-5', '30 22 1 * 0'] as const

const which = fc.constantFrom('first', 'second', 'both')
const named = ({ hosts: [first, second] }: Real, which: string): string[] =>
  which === 'both' ? [first.name, second.name] : [which === 'first' ? first.name : second.name]

const pickFrom = <T>(all: readonly T[], pick: number): T | undefined => all[pick % all.length]

/** A command of one kind: the same words in a counterexample as in the code. */
function command(words: string, run: Command['run'], check: Command['check'] = () => true): Command {
  return { run, check, toString: () => words }
}

const acquire = fc.record({ holder: fc.constantFrom('ann', 'bob', 'cron'), on: which }).map(({ holder, on }) =>
  command(`acquire(${holder}, ${on})`, async (model, real) => {
    const token = randomBytes(16).toString('hex')
    model.tokens.push(token)
    await take(model, real, token, holder, named(real, on))
  }),
)

const acquireAgain = fc.record({ pick: fc.nat(), on: which }).map(({ pick, on }) =>
  command(
    `acquireAgain(${pick}, ${on})`,
    (model, real) => take(model, real, pickFrom(model.tokens, pick) ?? '', 'again', named(real, on)),
    ({ tokens }) => tokens.length > 0,
  ),
)

async function take(model: CoordinationModel, real: Real, token: string, holder: string, hosts: readonly string[]): Promise<void> {
  const expected = model.acquire(token, hosts)
  const { json } = await agree(real, { method: 'POST', path: lockPath, body: { holder, token, hosts, ttl_s: 3_600 } }, expected)
  const blocker = model.others(hosts, token).map(([, held]) => held.fence)
  if (expected.status === 423 && !blocker.includes(Number(json['fence'])))
    throw new Error(`refused by ${String(json['fence'])}, which nobody holds there`)
  if (expected.status !== 201) return
  if (!(Number(json['fence']) > model.fence)) throw new Error(`fence ${String(json['fence'])} after ${model.fence}`)
  model.granted(token, { holder, hosts, fence: Number(json['fence']) })
}

const extend = fc.nat().map((pick) =>
  command(
    `extend(${pick})`,
    async (model, real) => {
      const token = pickFrom(model.tokens, pick) ?? ''
      await agree(real, { method: 'POST', path: lockPath, body: { ttl_s: 3_600 }, token }, model.extend(token))
    },
    ({ tokens }) => tokens.length > 0,
  ),
)

const release = fc.nat().map((pick) =>
  command(
    `release(${pick})`,
    async (model, real) => {
      const token = pickFrom(model.tokens, pick) ?? ''
      await agree(real, { method: 'DELETE', path: lockPath, token }, ...model.release(token, performance.now()))
    },
    ({ tokens }) => tokens.length > 0,
  ),
)

const force = which.map((on) =>
  command(`force(${on})`, async (model, real) => {
    const hosts = named(real, on)
    await agree(real, { method: 'DELETE', path: `${lockPath}?force=true`, body: { reason: 'a test', hosts } }, model.force(hosts))
  }),
)

const swap = fc
  .record({
    on: fc.constantFrom('first', 'second'),
    model: fc.constantFrom(...missingModels),
    pick: fc.option(fc.nat(), { nil: null }),
    onBusy: fc.constantFrom('reject' as const, 'queue' as const),
    force: fc.boolean(),
  })
  .map(({ on, model: key, pick, onBusy, force: forced }) =>
    command(
      `swap(${on}, ${key}, ${pick}, ${onBusy}${forced ? ', forced' : ''})`,
      async (model, real) => {
        const token = pick === null ? null : (pickFrom(model.tokens, pick) ?? null)
        const [host = ''] = named(real, on)
        const wanted = { host, model: key, token, onBusy, force: forced }
        const expected = model.swap(wanted)
        const body = { model: key, hosts: [host], on_busy: onBusy, reason: 'a test' }
        const path = forced ? '/api/swap?force=true' : '/api/swap'
        const { json } = await agree(real, { method: 'POST', path, body, ...(token !== null && { token }) }, expected)
        if (expected.status !== 202 || expected.json['joined'] === true) return
        if (expected.json['state'] === 'running') {
          if (!(Number(json['fence']) > model.fence)) throw new Error(`fence ${String(json['fence'])} after ${model.fence}`)
          model.fence = Number(json['fence'])
        }
        model.accepted(String(json['swap_id']), wanted)
      },
      ({ queue }) => queue.length < 12,
    ),
  )

const cancelQueued = fc.nat().map((pick) =>
  command(
    `cancelQueued(${pick})`,
    async (model, real) => {
      const one = pickFrom(model.queue, pick)
      if (one === undefined) return
      await agree(real, { method: 'POST', path: `/api/swap/${one.id}/cancel`, body: {} }, { status: 202, json: { swap_id: one.id } })
      model.cancelled(one)
      await until(real, { method: 'GET', path: `/api/swap/${one.id}` }, { status: 200, json: { state: 'done', outcome: 'cancelled' } })
    },
    ({ queue }) => queue.length > 0,
  ),
)

const look = fc.constant(
  command('look', async (model, real) => {
    const mine = real.hosts.map((host) => host.name)
    const wanted = [...model.held.values()].map(({ holder, hosts, fence }) => ({ holder, hosts: [...hosts].sort(), fence })).sort(byFence)
    for (;;) {
      const { status, json } = await real.ask({ method: 'GET', path: lockPath })
      if (status === 503) continue // a machine that is busy: a look is made again
      const locks = (json['locks'] as readonly { holder: string; hosts: string[]; fence: number }[]) // domain/lock.ts
        .filter(({ hosts }) => hosts.some((host) => mine.includes(host)))
        .map(({ holder, hosts, fence }) => ({ holder, hosts, fence }))
        .sort(byFence)
      if (isDeepStrictEqual(locks, wanted)) break
      await pause(20) // what another API process did is seen a second later at most
    }
    for (const { id } of model.running)
      await until(real, { method: 'GET', path: `/api/swap/${id}` }, { status: 200, json: { state: 'running', swap_id: id } })
    for (const { id } of model.queue)
      await until(real, { method: 'GET', path: `/api/swap/${id}` }, { status: 200, json: { state: 'queued', swap_id: id } })
  }),
)
const byFence = (a: { fence: number }, b: { fence: number }): number => a.fence - b.fence

/** The hosts go on: all that runs and waits comes to its end. Then they stand still again. */
async function letAllEnd(model: CoordinationModel, real: Real): Promise<void> {
  const ends = model.ends()
  if (ends.length === 0) return
  for (const host of real.hosts) host.freeze(false)
  for (const { id, outcome, cause } of ends)
    await until(real, { method: 'GET', path: `/api/swap/${id}` }, { status: 200, json: { state: 'done', outcome, cause: { code: cause } } })
  for (const host of real.hosts) host.freeze(true)
}

const drain = fc.constant(command('drain', letAllEnd))

const schedule = fc
  .record({ id: fc.constantFrom(...ids), cron: fc.constantFrom(...crons), owner: fc.constantFrom('ann', 'bob'), how: fc.nat(5) })
  .map(({ id, cron, owner, how }) => {
    const words = how < 3 ? `putSchedule(${id}, ${cron}, ${owner})` : how < 4 ? `deleteSchedule(${id})` : `readSchedule(${id})`
    return command(words, async (model, real) => {
      const mine = `${real.prefix}${id}`
      const path = `/api/schedule/${mine}`
      if (how < 3) {
        const body = { id: mine, cron, owner, host: 'nas' }
        await agree(real, { method: 'POST', path: '/api/schedule', body }, model.putSchedule(mine, cron, owner))
      } else if (how < 4) await agree(real, { method: 'DELETE', path }, model.deleteSchedule(mine))
      else await agree(real, { method: 'GET', path }, model.readSchedule(mine))
    })
  })

/** Of all kinds; locks more often than the rest. */
export const commands = (most: number) =>
  fc.commands([acquire, acquire, acquireAgain, extend, release, release, force, swap, swap, cancelQueued, look, drain, schedule], {
    maxCommands: most,
    size: 'max',
  })

/**
 * Asks, and holds the answer against what the model expects. Where a busy machine gets no answer in time, nobody can say what was done: such a run proves
 * nothing, and another one is made instead.
 */
async function agree(real: Real, request: Request, ...expected: readonly Expected[]): Promise<ApiAnswer> {
  const answer = await real.ask(request)
  fc.pre(answer.status !== 503)
  if (!expected.some((one) => fits(answer, one))) throw new Error(disagreement(request, answer, expected))
  return answer
}

/** Asks again until the answer is as expected; the test's own limit bounds it. */
async function until(real: Real, request: Request, expected: Expected): Promise<void> {
  const began = performance.now()
  for (;;) {
    const answer = await real.ask(request)
    if (fits(answer, expected)) return
    if (answer.json['state'] === 'done' || performance.now() - began > 60_000) throw new Error(disagreement(request, answer, [expected]))
    await pause(40)
  }
}

const disagreement = (request: Request, answer: ApiAnswer, expected: readonly Expected[]): string =>
  `${JSON.stringify(request)} was answered ${answer.status} ${JSON.stringify(answer.json).slice(0, 800)}; expected ${JSON.stringify(expected)}`

const fits = ({ status, json }: ApiAnswer, expected: Expected): boolean => status === expected.status && contains(json, expected.json)

function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return isDeepStrictEqual(whole, part)
  return (
    typeof whole === 'object' &&
    whole !== null &&
    Object.entries(part).every(([name, value]) => contains((whole as Record<string, unknown>)[name], value))
  )
}
