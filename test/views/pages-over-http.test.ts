import { afterEach, beforeEach, expect, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import { startFixtureSite, type FixtureSite } from '../browser/fixture-site.ts'
import { page } from './fixtures.ts'

let site: FixtureSite
beforeEach(async () => {
  site = await startFixtureSite(page())
})
afterEach(() => site.close())

const get = (path: string) => fetch(site.url + path)
const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(site.url + path, { method: 'POST', body: new URLSearchParams(fields), headers })

test('the page is never cached, its styles and scripts for ever', async () => {
  const answer = await get('/')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const markup = await answer.text()
  expect(markup).toMatch(/^<!doctype html>\n<html lang="en">/)
  const files = [...markup.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  expect(files).toHaveLength(16)
  for (const file of files) {
    const asset = await get(file)
    expect([file, asset.status, asset.headers.get('cache-control')]).toEqual([file, 200, 'max-age=31536000,immutable'])
  }
})

test.each(['/assets/app.js', '/assets/000000000000/own/app.js', '/ui/swap', '/ui/dialog/nothing'])('%s is nothing here', async (path) => {
  expect((await get(path)).status).toBe(404)
})

test('no path leads out of the asset folders', async () => {
  const own = /(\/assets\/[0-9a-f]+\/own)\//.exec(await (await get('/')).text())?.[1] ?? ''
  for (const path of ['/../page.ts', '/%2e%2e/page.ts', '/..%2fpage.ts', '/%00', '/.']) {
    expect([path, (await get(own + path)).ok]).toEqual([path, false])
  }
})

test('a done action closes the dialog and sends nothing else', async () => {
  const answer = await post('/ui/lock/release', { reason: 'hangs' })
  expect([answer.status, answer.headers.get('hx-trigger'), await answer.text()]).toEqual([204, 'dialog:done', ''])
  expect(site.asked).toEqual([{ action: 'force_release', reason: 'hangs', hosts: undefined, by: 'dashboard' }])
})

test.each<[string, string, Record<string, string>]>([
  ['a release without a reason', '/ui/lock/release', { reason: '  ' }],
  ['a swap without a model', '/ui/swap', { place: 'spark-1' }],
  ['a swap to a host with a bad name', '/ui/swap', { model: 'm', place: 'spark-1,$(reboot)' }],
  ['a swap with an unknown choice', '/ui/swap', { model: 'm', place: 'spark-1', on_failure: 'shrug' }],
  ['a cancel of no swap', '/ui/cancel', { id: '' }],
  ['an unload of no host', '/ui/unload', {}],
])('%s is refused in words and does nothing', async (_, path, fields) => {
  const answer = await post(path, fields)
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain('The request does not fit')
  expect(site.asked).toEqual([])
})

test('a refusal keeps its status and says when to try again', async () => {
  site.refuseWith = new Problem('surveying', 'spark-1 is being looked at', {}, 2.2)
  const answer = await post('/ui/swap', { model: 'qwen3-30b', place: 'spark-1' })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3'])
  expect(await answer.text()).toContain('spark-1 is being looked at')
})

test('an unforeseen error shows its request id and nothing else', async () => {
  site.refuseWith = new Error('secret-connection-string') // what a defect would throw
  const answer = await post('/ui/cancel', { id: 'swap-00000002' })
  const words = await answer.text()
  expect(answer.status).toBe(500)
  expect(words).toContain(answer.headers.get('x-request-id'))
  expect(words).not.toContain('secret')
})

test('a dialog for what is not there says so in the dialog', async () => {
  const answer = await get('/ui/dialog/swap?model=nobody')
  expect(answer.status).toBe(404)
  expect(await answer.text()).toMatch(/id="dialog-title">This cannot be done[^]*No model is called nobody/)
})

test('a form of another site does nothing', async () => {
  expect((await post('/ui/swap', { model: 'qwen3-30b' }, { origin: 'http://evil.example' })).status).toBe(403)
  expect((await post('/ui/swap', { model: 'qwen3-30b' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect(site.asked).toEqual([])
})

test('only forms are read', async () => {
  const answer = await fetch(`${site.url}/ui/swap`, {
    method: 'POST',
    body: '{"model":"qwen3-30b"}',
    headers: { 'content-type': 'application/json' },
  })
  expect(answer.status).toBe(415)
  expect(site.asked).toEqual([])
})

test('the stream is an event stream that no cache keeps', async () => {
  const abort = new AbortController()
  const answer = await fetch(`${site.url}/events`, { signal: abort.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-store, no-transform')
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = answer.body?.getReader()
  const first = await reader?.read()
  expect(new TextDecoder().decode(first?.value)).toContain('<hx-partial hx-target="#hosts" hx-swap="outerMorph">')
  abort.abort()
})
