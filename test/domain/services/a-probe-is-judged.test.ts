import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge, stepsOf, type ProbeAnswer } from '../../../domain/services/judge.ts'
import { kindOf, serviceKinds, type ServiceKind } from '../../../domain/services/kinds.ts'

const kinds = Object.keys(serviceKinds) as ServiceKind[] // keys of the table itself
const asked = kinds.filter((kind) => kindOf(kind).probe !== null)
const answered = (status: number): ProbeAnswer => ({ kind: 'answered', status })

const usual: Record<ServiceKind, readonly [port: number | null, paths: readonly string[] | null]> = {
  vllm: [8000, ['/health', '/v1/models']],
  'openai-compatible': [null, ['/v1/models']],
  qdrant: [6333, ['/readyz', '/collections']],
  tei: [80, ['/health', '/info']],
  kokoro: [8880, ['/health']],
  parakeet: [8000, ['/health']],
  'open-webui': [8080, ['/health', '/ready']],
  nim: [8000, ['/v1/health/ready']],
  openclaw: [18_789, ['/readyz']],
  http: [80, ['/']],
  tcp: [null, null],
}

test.each(kinds)('%s: its usual port and the addresses of a probe', (kind) => {
  expect([kindOf(kind).port, stepsOf({ kind, path: null })?.map((step) => step.path) ?? null]).toEqual(usual[kind])
})

describe.each(asked)('%s', (kind) => {
  const steps = stepsOf({ kind, path: null }) ?? []
  test.each(steps.map((step) => [step.path, step] as const))('%s: every answer has its state', (_path, step) => {
    const state = (status: number): string => judge(kind, step, answered(status)).state
    expect([200, 204, 302].map(state)).toEqual(['up', 'up', 'up'])
    expect([401, 403].map(state)).toEqual(['up_needs_key', 'up_needs_key'])
    expect(state(503)).toBe(kind === 'vllm' ? 'down' : 'starting')
    expect([400, 405, 418, 500, 502].map(state)).toEqual(['down', 'down', 'down', 'down', 'down'])
    expect(state(404)).toBe(step.mayBeMissing === true ? 'up' : 'down')
    expect(state(429)).toBe('up')
  })

  test('an own path takes the place of all of its steps', () => {
    expect(stepsOf({ kind, path: '/live' })).toEqual([{ path: '/live' }])
  })
})

test('tcp: a connection is up, and an own path changes nothing', () => {
  expect(stepsOf({ kind: 'tcp', path: '/live' })).toBeNull()
  expect(judge('tcp', null, { kind: 'connected' })).toEqual({ state: 'up', detail: null })
})

test('silence is down, in its own words', () => {
  for (const kind of kinds)
    expect(judge(kind, null, { kind: 'silent', words: 'nothing listens' })).toEqual({ state: 'down', detail: 'nothing listens' })
})

test('whatever is not plainly up says what was answered', () => {
  expect(judge('tei', { path: '/health' }, answered(503))).toEqual({ state: 'starting', detail: '/health answered 503' })
  expect(judge('qdrant', { path: '/collections' }, answered(401))).toEqual({ state: 'up_needs_key', detail: '/collections answered 401' })
})

test('any status of any kind has a verdict, and only 2xx and 3xx are up without a word', () => {
  const step = fc.record({ path: fc.webPath(), mayBeMissing: fc.constantFrom(undefined, true as const) })
  fc.assert(
    fc.property(fc.constantFrom(...kinds), step, fc.integer(), (kind, { path, mayBeMissing }, status) => {
      const { state, detail } = judge(kind, { path, ...(mayBeMissing && { mayBeMissing }) }, answered(status))
      expect(['up', 'up_needs_key', 'starting', 'down']).toContain(state)
      if (state === 'up' && detail === null) expect((status >= 200 && status < 400) || (status === 404 && mayBeMissing === true)).toBe(true)
      else expect(detail).toContain(String(status))
    }),
  )
})
