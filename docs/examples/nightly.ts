/**
 * A job that borrows the GPUs: reserve, swap, work, swap back, release. Node 24 runs it as it is; it needs no package.
 *
 *   node nightly.ts MODEL COMMAND [ARGUMENT...]
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

const url = process.env['SPARK_URL'] ?? 'http://127.0.0.1:9999'
const holder = process.env['HOLDER'] ?? 'nightly-typescript'
const schedule = process.env['SCHEDULE'] ?? holder
const ttl_s = Number(process.env['TTL_S'] ?? 600)

/** Fires when somebody ends us: all that was borrowed is given back before we go. */
const ended = new AbortController()
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error(`ended by ${name}`)))

/** What is read here of a swap's record. */
interface Swap {
  readonly swap_id: string
  readonly state: 'queued' | 'running' | 'done'
  readonly outcome: string | null
  readonly cause: { readonly message: string } | null
  readonly left: Readonly<Record<string, string>>
  readonly joined?: boolean
  readonly previous: readonly { readonly model: string | null }[]
}

/** Spark Control said no. `code` is stable. */
class Refused extends Error {
  readonly code: string
  constructor(status: number, problem: { code: string; detail: string }) {
    super(`${String(status)} ${problem.code}: ${problem.detail}`)
    this.code = problem.code
  }
}

/** One request. Repeats itself while a part is down (503, no answer): then nothing was done, and all that is sent here may be repeated. `end` hangs up. */
async function ask<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}, end?: AbortSignal): Promise<T> {
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      const answer = await fetch(url + path, {
        method,
        headers: {
          'X-Spark-Holder': holder,
          'X-Spark-Schedule': schedule,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([AbortSignal.timeout(70_000), ...(end === undefined ? [] : [end])]),
      })
      if (answer.ok) return (await answer.json()) as T
      if (answer.status !== 503) throw new Refused(answer.status, (await answer.json()) as { code: string; detail: string })
      await pause(Math.min(10, Number(answer.headers.get('Retry-After') ?? 2)) * 1000)
    } catch (error) {
      if (error instanceof Refused) throw error
      end?.throwIfAborted()
      await pause(2000)
    }
  }
  throw new Error(`${url} was away for too long`)
}

/** Holds the GPUs while `work` runs. `lost` fires when somebody ended the reservation by force, or it expired. */
async function reserved<T>(purpose: string, wait_s: number, work: (token: string, lost: AbortSignal) => Promise<T>): Promise<T> {
  const token = randomBytes(24).toString('base64url') // our own: a repeat after a lost answer finds the same reservation
  const until = performance.now() + wait_s * 1000
  for (;;) {
    const left = Math.max(0, Math.min(55, Math.floor((until - performance.now()) / 1000)))
    try {
      await ask('POST', `/api/swap/lock?wait_s=${String(left)}`, { holder, ttl_s, purpose, token }, {}, ended.signal)
      break
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'reserved' || performance.now() >= until) throw error
    }
  }
  const mine = { 'X-Swap-Lock-Token': token }
  const lost = new AbortController()
  // A third of the TTL leaves two more tries.
  const renewal = setInterval(
    () => {
      ask('POST', '/api/swap/lock', { ttl_s }, mine).catch((error: unknown) => {
        if (error instanceof Refused) lost.abort(error)
      })
    },
    (ttl_s / 3) * 1000,
  )
  try {
    return await work(token, lost.signal)
  } finally {
    clearInterval(renewal)
    await ask('DELETE', '/api/swap/lock', undefined, mine).catch((error: unknown) => console.error(String(error)))
  }
}

/** Resolves with the swap's record when the model serves, null when it served already. Throws for any other end. `end` cancels it: then the model before comes back by itself. */
async function swapTo(model: string, token: string, end?: AbortSignal): Promise<Swap | null> {
  const headers = { 'X-Swap-Lock-Token': token, 'Idempotency-Key': randomBytes(16).toString('hex') }
  let swap = await ask<Swap | { already_serving: true }>('POST', '/api/swap', { model, on_busy: 'queue' }, headers)
  if ('already_serving' in swap) return null
  const { swap_id, joined = false } = swap
  while (swap.state !== 'done') {
    await pause(1000)
    if (end?.aborted === true) {
      if (!joined) await ask('POST', `/api/swap/${swap_id}/cancel`)
      end.throwIfAborted()
    }
    swap = await ask<Swap>('GET', `/api/swap/${swap_id}`)
  }
  if (swap.outcome === 'completed') return swap
  throw new Error(`swap ${swap.swap_id} ${swap.outcome ?? ''}: ${swap.cause?.message ?? ''}; left ${JSON.stringify(swap.left)}`)
}

/** The command's exit code. Nothing of it goes on after this: `end` ends it. */
const run = (command: string, args: string[], end: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    end.throwIfAborted()
    const child = spawn(command, args, { stdio: 'inherit', detached: true }) // a process group of its own, so that all of it can be ended
    const stop = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM')
    end.addEventListener('abort', stop)
    child.once('error', reject).once('exit', (code) => {
      end.removeEventListener('abort', stop)
      resolve(code ?? 1)
    })
  })

const [model, command, ...args] = process.argv.slice(2)
if (model === undefined || command === undefined) throw new Error('usage: nightly.ts MODEL COMMAND [ARGUMENT...]')
process.exitCode = await reserved(`needs ${model}`, 3600, async (token, lost) => {
  const swap = await swapTo(model, token, ended.signal)
  try {
    return await run(command, args, AbortSignal.any([lost, ended.signal]))
  } finally {
    const before = swap?.previous[0]?.model ?? null
    if (before !== null && !lost.aborted) await swapTo(before, token)
  }
})
