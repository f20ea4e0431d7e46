import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curlLine, placeholder, type ApiRequest } from '../../views/curl.ts'

let folder: string

/** In the place of curl stands a program that prints its arguments. The shell is the real one. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'curl-lines-'))
  writeFileSync(join(folder, 'curl'), '#!/bin/sh\nfor word in "$@"; do printf \'%s\\0\' "$word"; done\n')
  chmodSync(join(folder, 'curl'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

const wordsOf = (request: ApiRequest, environment: Record<string, string> = {}, origin = 'http://spark.lan:9999'): string[] =>
  execFileSync('/bin/sh', ['-c', curlLine(request, origin)], { env: { PATH: folder, ...environment }, encoding: 'utf8', cwd: folder })
    .split('\0')
    .slice(0, -1)

test('a line says method, address, headers and body as curl wants them', () => {
  expect(
    curlLine({ method: 'DELETE', path: '/api/swap/lock', query: { force: 'true' }, body: { reason: "it's stuck" } }, 'http://127.0.0.1:9999'),
  ).toBe(
    `curl -sS -X DELETE 'http://127.0.0.1:9999/api/swap/lock?force=true' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"reason":"it'\\''s stuck"}'`,
  )
  expect(curlLine({ method: 'GET', path: '/api/events', query: { type: 'swap_failed' } }, 'https://spark')).toBe(
    `curl -sS 'https://spark/api/events?type=swap_failed'`,
  )
})

test('what has no value is left out of the body', () => {
  expect(wordsOf({ method: 'POST', path: '/p', body: { a: undefined, b: null, c: [1] } }).at(-1)).toBe('{"b":null,"c":[1]}')
})

test('a secret is a variable of the shell, and what is in it stays one word', () => {
  const request = {
    method: 'PUT',
    path: '/p',
    headers: { 'X-Swap-Lock-Token': placeholder('TOKEN') },
    body: { url: 'u', secret: placeholder('SECRET') },
  } as const
  expect(curlLine(request, 'http://h')).toContain('"$TOKEN"')
  const words = wordsOf(request, { TOKEN: 'a b  c*', SECRET: '$(reboot) `x`' })
  expect(words).toContain('X-Swap-Lock-Token: a b  c*')
  expect(words.at(-1)).toBe('{"url":"u","secret":"$(reboot) `x`"}')
})

test('whatever is in the values, the shell hands curl exactly them, and runs nothing else', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.constantFrom("'", '"', '\\', '$(touch broken)', '`touch broken`', '$HOME', '\n', '!', ';', '&', '|', '*', '~', '#', '-', ' '), {
        maxLength: 20,
      })
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(nasty, nasty, nasty, (reason, header, origin) => {
      const clean = (text: string): string => text.replaceAll('\0', '')
      const body = { reason, nested: { list: [reason, null, 3] } }
      const words = wordsOf({ method: 'POST', path: '/p', query: { q: clean(header) }, headers: { 'X-Who': clean(header) }, body }, {}, clean(origin))
      expect(words[3]).toBe(`${clean(origin)}/p?${new URLSearchParams({ q: clean(header) }).toString()}`)
      expect(words[5]).toBe(`X-Who: ${clean(header)}`)
      expect(JSON.parse(words.at(-1) ?? '')).toEqual(body)
      expect(words).toHaveLength(10)
    }),
    { numRuns: 150 },
  )
})
