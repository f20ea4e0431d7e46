import { expect, test } from 'vitest'
import { wayOf, type Tried, type TriedHops } from '../../domain/connectivity.ts'

const fine: Tried = { ok: true, detail: 'fine' }
const bad: Tried = { ok: false, detail: 'bad' }
const whole: TriedHops['hops'] = { dns: fine, tcp: fine, ssh: fine, docker: fine, port: fine }
const way = (hops: Partial<TriedHops['hops']>, serves = true) => wayOf({ host: 'spark-1', address: '10.0.0.1', serves, hops: { ...whole, ...hops } })

test('a way that holds is ok, hop by hop', () => {
  expect(way({})).toMatchObject({ ok: true, broke: null })
  expect(way({}).hops.map(({ hop, state }) => `${hop} ${state}`)).toEqual(['dns ok', 'tcp ok', 'ssh ok', 'docker ok', 'port ok'])
})

test.each(['dns', 'tcp', 'ssh', 'docker', 'port'] as const)('one that breaks at %s says so', (hop) => {
  expect(way({ [hop]: bad })).toMatchObject({ ok: false, broke: hop })
})

test('of several broken hops the first in order is named', () => {
  expect(way({ port: bad, ssh: bad, docker: null }).broke).toBe('ssh')
  expect(way({ docker: null, ssh: bad }).hops[3]).toMatchObject({ state: 'skipped', detail: 'not tried: an earlier hop broke' })
})

test('an empty model port breaks nothing where no model is', () => {
  expect(way({ port: bad }, false)).toMatchObject({
    ok: true,
    broke: null,
    hops: expect.arrayContaining([expect.objectContaining({ state: 'empty' })]),
  })
})
