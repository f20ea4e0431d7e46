import { expect, test } from 'vitest'
import { changeEvent, crossed } from '../../../domain/services/change.ts'
import { afterProbe, neverSeen, type Standing } from '../../../domain/services/standing.ts'
import type { ProbeVerdict } from '../../../domain/services/judge.ts'

/** The sides that are told of over looks in a row. */
function told(...states: ProbeVerdict['state'][]): string[] {
  let standing: Standing = neverSeen(0)
  let side: ReturnType<typeof crossed>['side'] = null
  const changes: string[] = []
  states.forEach((state, i) => {
    standing = afterProbe(standing, { state, detail: null }, i * 1000)
    const { side: now, change } = crossed(side, standing)
    side = now
    if (change !== null) changes.push(`${change.to} ${change.since}`)
  })
  return changes
}

test('a change is told after two looks, and once', () => {
  expect(told('up', 'down', 'up', 'down', 'down', 'down', 'up', 'up_needs_key', 'up', 'up')).toEqual(['down 4000', 'up 9000'])
})

test('the first state of all is no change, nor is a start, nor the wish for a key', () => {
  expect(told('down', 'down')).toEqual([])
  expect(told('up', 'up_needs_key', 'up_needs_key', 'starting', 'starting', 'up', 'up')).toEqual([])
  expect(told('up', 'starting', 'starting', 'down', 'down')).toEqual(['down 4000'])
})

test('two that see the same change tell the same event', () => {
  const service = { name: 'vectors', kind: 'qdrant', host: 'spark-1' } as Parameters<typeof changeEvent>[0]
  const change = { to: 'down', since: 1_000, detail: 'nothing listens' } as const
  expect(changeEvent(service, change)).toEqual(changeEvent(service, change))
  expect(changeEvent(service, change)).toMatchObject({ type: 'service_down', hosts: ['spark-1'], result: 'nothing listens' })
})
