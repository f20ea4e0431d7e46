import type { IncomingMessage } from 'node:http'
import { Problem } from '../../domain/problem.ts'
import type { Middleware } from '../context.ts'

const bodyLimitBytes = 64 * 1024

/**
 * Reads every request's body within its limit, counted as it streams: Content-Length may lie or be missing. What is larger is answered 413 and
 * the connection is closed, so that nobody feeds us the rest.
 */
export const bodyLimit: Middleware = async (ctx, next) => {
  if (Number(ctx.headers['content-length'] ?? 0) > bodyLimitBytes) throw tooLarge(ctx.req, ctx.set.bind(ctx))
  const body = await readUpTo(ctx.req, bodyLimitBytes)
  if (body === null) throw tooLarge(ctx.req, ctx.set.bind(ctx))
  ctx.state.rawBody = body
  await next()
}

function tooLarge(request: IncomingMessage, set: (name: string, value: string) => void): Problem {
  set('Connection', 'close')
  request.resume() // what is under way already is let through to nowhere until the answer is out; else its reset could overtake the answer
  return new Problem('body_too_large', `More than ${String(bodyLimitBytes / 1024)} kB`)
}

/** The whole body, or null as soon as it passes `limit` bytes. Throws `bad_json` when the client goes away in the middle. */
function readUpTo(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (settled: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      settled()
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limit) settle(() => resolve(null))
      else chunks.push(chunk)
    }
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)))
    const onClose = (): void => settle(() => reject(new Problem('bad_json', 'The body ended early')))
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}
