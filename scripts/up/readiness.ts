import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Part } from './part.ts'

const everyMs = 50
const ReadyLine = z.looseObject({ ready: z.literal(true) })

/** Resolves when something accepts connections there. */
export async function accepts(host: string, port: number, signal: AbortSignal): Promise<void> {
  while (!(await canConnect(host, port))) await delay(everyMs, undefined, { signal })
}

/** Resolves when the page answers 200. */
export async function answersOk(url: string, signal: AbortSignal): Promise<void> {
  while (!(await isOk(url, signal))) await delay(everyMs, undefined, { signal })
}

/** Resolves when the part wrote a JSON line with `"ready": true`. */
export function saysReady(part: Part, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const stopListening = part.onLine((line) => {
    if (isReadyLine(line)) resolve(undefined)
  })
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }) // abort() without a reason gives an AbortError
  return promise.finally(stopListening)
}

function isReadyLine(line: string): boolean {
  if (!line.startsWith('{')) return false
  try {
    return ReadyLine.safeParse(JSON.parse(line)).success
  } catch {
    return false
  }
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function isOk(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) })
    await answer.body?.cancel()
    return answer.status === 200
  } catch {
    return false // an abort is noticed by the wait that follows
  }
}
