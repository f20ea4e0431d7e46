import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { z } from 'zod'
import { expect, test } from 'vitest'
import { apiPage } from '../../api/docs/api-page.ts'
import { openApiDocument } from '../../api/openapi.ts'
import { routeTable } from '../../api/route-table.ts'
import { errors } from '../../domain/errors.ts'
import { ProblemDocument } from '../../domain/problem.ts'

const named = routeTable.map((route) => [`${route.method} ${route.path}`, route] as const)

test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone({ ...openApiDocument(routeTable) }))
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
})

test('every row of the table is in the document, and nothing else', () => {
  const documented = Object.entries(openApiDocument(routeTable).paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(documented.toSorted()).toEqual(named.map(([name]) => name).toSorted())
})

test('no two rows are the same, in path or in operation id', () => {
  const ids = Object.values(openApiDocument(routeTable).paths ?? {}).flatMap((methods) =>
    Object.values(methods).map((operation) => (operation as { operationId: string }).operationId),
  )
  expect(new Set(ids).size).toBe(routeTable.length)
})

test.each([
  'host_key_unknown',
  'host_key_changed',
  'ssh_refused',
  'fence_unwritable',
  'disk_full',
  'host_command_failed',
  'foreign_cluster',
  'stale_fence',
] as const)('a swap may be refused because a host says %s', (code) => {
  const spec = named.find(([name]) => name === 'POST /api/swap')?.[1].answers[errors[code].status]
  expect(spec).toMatchObject({ kind: 'problem', codes: expect.arrayContaining([code]) as unknown })
})

test.each(named)('%s: every problem stands under its own status', (_name, route) => {
  for (const [status, spec] of Object.entries(route.answers)) {
    if (spec.kind === 'problem') expect(spec.codes.map((code) => errors[code].status)).toEqual(spec.codes.map(() => Number(status)))
  }
})

test.each(named)('%s: its path and its parameters name the same fields, and unknown ones are refused', (_name, route) => {
  expect(Object.keys(route.params.shape)).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))
  expect(route.query.safeParse({ never_heard_of: '1' }).success).toBe(false)
})

test.each(named.filter(([, route]) => route.method === 'GET'))('%s reads and takes no body', (_name, route) => {
  expect(route.body).toBeNull()
  expect(['read', 'public']).toContain(route.scope)
})

test.each(named.filter(([, route]) => route.method !== 'GET'))('%s takes JSON, which no form of another site can send', (_name, route) => {
  // A form cannot send DELETE either, so that one may take nothing.
  if (route.method !== 'DELETE' || route.body !== null) expect(route.body).toBeInstanceOf(z.ZodType)
})

test.each(named.filter(([, route]) => route.examples !== undefined))('the examples of %s are what it takes and answers', (_name, route) => {
  const { body, answers = {} } = route.examples ?? {}
  if (body !== undefined) expect(route.body?.safeParse(body).error?.issues ?? []).toEqual([])
  for (const [status, example] of Object.entries(answers)) {
    const spec = route.answers[Number(status)]
    if (spec?.kind === 'json') expect(spec.schema.parse(example)).toEqual(example)
    else if (spec?.kind === 'problem') expect(spec.codes).toContain(ProblemDocument.parse(example).code)
    else expect(spec?.kind === 'text' && typeof example).toBe('string')
  }
})

test('docs/API.md is what the table says; `node api/docs/write.ts` writes it', async () => {
  expect(await readFile(new URL('../../docs/API.md', import.meta.url), 'utf8')).toBe(apiPage(routeTable))
})
