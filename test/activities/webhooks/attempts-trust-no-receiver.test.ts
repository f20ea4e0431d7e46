import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { post, resolveHere, type PostLimits } from '../../../activities/webhooks/post.ts'
import { signatureHeaders } from '../../../activities/webhooks/signature.ts'
import type { AddressRules } from '../../../domain/webhooks/address-policy.ts'
import { Receiver, status } from './receiver.ts'

const open: Receiver[] = []
const start = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
  const receiver = await Receiver.start(...args)
  open.push(receiver)
  return receiver
}
afterEach(() => Promise.all(open.splice(0).map((receiver) => receiver.close())))

const rules: AddressRules = { allowLoopback: true, ownPorts: [], ownAddresses: [] }
const limits: PostLimits = { rules, limitMs: 10_000, resolve: resolveHere }
const send = (url: string, more: Partial<PostLimits> = {}) =>
  post(new URL(url), { 'content-type': 'application/json' }, '{"a":1}', { ...limits, ...more })

describe('what a receiver answers', () => {
  test('is told by status, its wish to wait, and its first kilobyte', async () => {
    const receiver = await start(status(503, { 'retry-after': '7' }, 'x'.repeat(5_000)))
    expect(await send(receiver.url)).toEqual({ status: 503, retryAfter: '7', response: 'x'.repeat(1024), error: null })
    expect(receiver.received).toMatchObject([{ method: 'POST', path: '/hook', body: '{"a":1}' }])
  })

  test('a redirect is an answer, and is not followed', async () => {
    const target = await start()
    const receiver = await start(status(302, { location: target.url }))
    expect(await send(receiver.url)).toMatchObject({ status: 302 })
    expect(target.received).toEqual([])
  })

  test('a gigabyte of body is cut after its first kilobyte', async () => {
    let written = 0
    const receiver = await start((response) => {
      response.writeHead(200, { 'content-length': String(1024 ** 3) })
      const chunk = Buffer.alloc(64 * 1024, 'y')
      const more = (): void => {
        while (!response.destroyed && written < 1024 ** 3) {
          written += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
      }
      more()
    })
    expect(await send(receiver.url)).toMatchObject({ status: 200, response: 'y'.repeat(1024), error: null })
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  test('a body that never ends does not take the success back', async () => {
    const receiver = await start((response) => {
      response.writeHead(200)
      response.write('accepted')
    })
    expect(await send(receiver.url)).toEqual({ status: 200, retryAfter: undefined, response: 'accepted', error: null })
  })

  test('none within the limit is a time-out, and the connection is let go', async () => {
    const hangs = await start((response) => void response.socket?.once('close', () => closed()))
    let closed: () => void = () => undefined
    const left = new Promise<void>((resolve) => (closed = resolve))
    expect(await send(hangs.url, { limitMs: 200 })).toEqual({ status: null, retryAfter: undefined, response: '', error: 'timeout' })
    await left
  })

  test('none within the limit is a time-out, whichever clock says so first', async () => {
    const hangs = await start(() => undefined)
    const limits = Array.from({ length: 40 }, (_, i) => 1_100 + i * 37) // beyond a second the HTTP client's own clock is coarse
    const errors = await Promise.all(limits.map(async (limitMs) => (await send(hangs.url, { limitMs })).error))
    expect(new Set(errors)).toEqual(new Set(['timeout']))
  })

  test('nonsense, and a connection that breaks, are failures with a name', async () => {
    const breaks = await start((response) => void response.socket?.destroy())
    const babbles = await start((response) => void response.socket?.end('I am no HTTP\r\n\r\n'))
    for (const receiver of [breaks, babbles])
      expect(await send(receiver.url)).toMatchObject({ status: null, error: expect.stringMatching(/^connect: /) })
    const { url } = breaks
    await breaks.close()
    expect(await send(url)).toMatchObject({ error: 'connect: ECONNREFUSED' })
  })
})

describe('where a POST may go is judged where it connects', () => {
  const denying: AddressRules = { ...rules, allowLoopback: false }
  const resolving = (...addresses: string[]): Pick<PostLimits, 'resolve'> => ({
    resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
  })

  test.each(['127.0.0.1', '0x7f000001', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '①②⑦.0.0.1'])(
    '%s is not connected to',
    async (host) => {
      const receiver = await start()
      expect(await send(`http://${host}:${String(receiver.port)}/`, { rules: denying })).toMatchObject({ status: null, error: 'denied: loopback' })
      expect(receiver.received).toEqual([])
    },
  )

  test('a name that leads to denied addresses only is denied', async () => {
    const receiver = await start()
    const url = `http://nuc.example:${String(receiver.port)}/`
    expect(await send(url, { rules: denying, ...resolving('127.0.0.1', '169.254.169.254') })).toMatchObject({ error: 'denied: loopback' })
    expect(await send(url, { rules: denying, ...resolving('::ffff:127.0.0.1') })).toMatchObject({ error: 'denied: loopback' })
    expect(receiver.received).toEqual([])
  })

  test('of a name with several addresses only the allowed ones are used', async () => {
    const receiver = await start()
    const url = `http://nuc.example:${String(receiver.port)}/`
    expect(await send(url, resolving('169.254.169.254', '127.0.0.1'))).toMatchObject({ status: 204, error: null })
    expect(receiver.received).toHaveLength(1)
  })

  test('a name that is public at the first attempt and loopback at the next gains nothing', async () => {
    const receiver = await start()
    const answers = ['192.0.2.1', '127.0.0.1']
    const url = `http://rebinding.example:${String(receiver.port)}/`
    const options = {
      rules: denying,
      limitMs: 500,
      resolve: () => Promise.resolve([{ address: answers.shift() ?? '127.0.0.1', family: 4 }]),
    }
    expect(await send(url, options)).toMatchObject({ status: null, error: expect.not.stringMatching(/^denied/) })
    expect(await send(url, options)).toMatchObject({ status: null, error: 'denied: loopback' })
    expect(receiver.received).toEqual([])
  })

  test('a resolver that fails, or knows no address, is a failure and no pass', async () => {
    const broken = () => Promise.reject(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }))
    expect(await send('http://nuc.example/', { resolve: broken })).toMatchObject({ status: null, error: 'name: EAI_AGAIN' })
    expect(await send('http://nuc.example/', resolving())).toMatchObject({ status: null, error: 'the name has no address' })
    expect(await send('http://nowhere.invalid/')).toMatchObject({ status: null, error: expect.stringMatching(/^(name: |timeout)/) })
  })

  test('a resolver that hangs ends with the attempt', async () => {
    expect(await send('http://nuc.example/', { limitMs: 200, resolve: () => new Promise(() => undefined) })).toMatchObject({ error: 'timeout' })
  })

  test('our own ports are denied, also where loopback is allowed', async () => {
    const receiver = await start()
    expect(await send(receiver.url, { rules: { ...rules, ownPorts: [receiver.port] } })).toMatchObject({
      error: 'denied: a port of Spark Control itself',
    })
    expect(receiver.received).toEqual([])
  })

  test('a proxy of the environment is not used', async () => {
    const [receiver, proxy] = [await start(), await start(status(502))]
    const before = process.env['HTTP_PROXY']
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = proxy.url
    try {
      expect(await send(receiver.url)).toMatchObject({ status: 204 })
    } finally {
      delete process.env['http_proxy']
      if (before === undefined) delete process.env['HTTP_PROXY']
      else process.env['HTTP_PROXY'] = before
    }
    expect(proxy.received).toEqual([])
  })
})

describe('signatures', () => {
  const at = new Date()
  const body = '{"id":"evt_1","data":{"ä":1}}'
  const byHand = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text)

  test.each([
    ['a whsec_ secret', 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', Buffer.from('0123456789abcdef0123456789abcdef')],
    ['a secret in words', 'my-own-secret-from-0.25', 'my-own-secret-from-0.25'],
    ['a whsec_ secret that is no base64', 'whsec_not-base64!', 'whsec_not-base64!'],
  ])('%s signs in both ways', (_what, secret, key) => {
    const headers = signatureHeaders(secret, 'evt_1', at, body)
    const seconds = String(Math.floor(at.getTime() / 1000))
    expect(headers).toEqual({
      'webhook-id': 'evt_1',
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${byHand(key, `evt_1.${seconds}.${body}`).digest('base64')}`,
      'x-spark-signature': `sha256=${byHand(secret, body).digest('hex')}`,
    })
    const verifier = typeof key === 'string' ? new Webhook(key, { format: 'raw' }) : new Webhook(secret)
    expect(verifier.verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => verifier.verify(`${body} `, headers)).toThrow()
    expect(() => verifier.verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow()
  })

  test('without a secret nothing is signed, and the id is told', () => {
    expect(signatureHeaders(null, 'evt_1', at, body)).toEqual({ 'webhook-id': 'evt_1', 'webhook-timestamp': expect.any(String) })
  })
})
