import { expect, test } from 'vitest'
import type { Deployment } from '../../../domain/deployment.ts'
import { guardianSwapId, nextInARow } from '../../../domain/guardian/incident.ts'
import { certain, doubtsAfter, keyOf, neverServed, seenServing, type HostSeen, type Standing } from '../../../domain/guardian/standing.ts'
import { askedAgain, isOccupied, isWorthASurvey, strangerOn } from '../../../domain/guardian/stranger.ts'
import type { HostContainer } from '../../../domain/host-facts.ts'
import { SwapId } from '../../../domain/names.ts'

const deployment: Deployment = {
  ...{ model: 'qwen', hosts: ['spark-1'], swapId: 'swap-0001', fence: 7, validatedAt: 1, adopted: false, container: 'vllm_node', snapshot: null },
}
const container = (more: Partial<HostContainer> = {}): HostContainer => ({
  ...{ name: 'vllm_node', id: 'c1', image: 'i', running: true, status: 'running', exitCode: 0, startedAt: 5, autoRemove: false, mark: null },
  ...more,
})
const look = (nth: number, more: Partial<HostSeen> & { containers?: HostContainer[]; boot?: string; listening?: boolean | null } = {}): HostSeen => ({
  facts: {
    bootId: more.boot ?? 'b1',
    docker: { ok: true, detail: '' },
    containers: more.containers ?? [container()],
    portListening: more.listening === undefined ? true : more.listening,
  },
  healthy: more.healthy ?? true,
  nth,
  ...('facts' in more && { facts: more.facts }),
})
const served = (): Standing => seenServing(neverServed(keyOf(deployment)), deployment, new Map([['spark-1', look(1)]]), 100)

/** The loss that these looks at its one host come to, and in which of them. */
function lossIn(...looks: HostSeen[]): [number, string] | null {
  let doubts: ReturnType<typeof doubtsAfter> = []
  for (const seen of looks) {
    doubts = doubtsAfter(doubts, deployment, served(), new Map([['spark-1', seen]]))
    const loss = certain(doubts)
    if (loss !== null) return [seen.nth, loss.cause]
  }
  return null
}

test('a container that is gone is lost when two looks have shown it, not one look read twice', () => {
  const gone = { containers: [], listening: false, healthy: false }
  expect(lossIn(look(2, gone), look(2, gone), look(2, gone))).toBeNull()
  expect(lossIn(look(2, gone), look(3), look(4, gone))).toBeNull()
  expect(lossIn(look(2, gone), look(3, gone))).toEqual([3, 'its container is gone from spark-1'])
})

test('each way to be gone has its words', () => {
  const after = (more: Parameters<typeof look>[1]): string | undefined =>
    lossIn(look(2, { healthy: false, ...more }), look(3, { healthy: false, ...more }))?.[1]
  expect(after({ containers: [container({ running: false, status: 'exited', exitCode: 137 })] })).toBe(
    'its container on spark-1 is exited, with exit code 137',
  )
  expect(after({ containers: [container({ id: 'other' })] })).toBe('another container has its name on spark-1')
  expect(after({ listening: false })).toBe('its engine ended: nothing listens on its port, though its container runs')
  expect(after({ containers: [], boot: 'b2' })).toBe('spark-1 was restarted: its container is gone from spark-1')
})

test('what could not be seen is no loss: a host that is away, a docker that hangs, a port that could not be tried', () => {
  const twice = (more: Parameters<typeof look>[1]) => lossIn(look(2, { healthy: false, ...more }), look(3, { healthy: false, ...more }))
  expect(twice({ facts: null })).toBeNull()
  expect(twice({ facts: { bootId: 'b1', docker: { ok: false, detail: 'hangs' }, containers: [], portListening: null } })).toBeNull()
  expect(twice({ listening: null })).toBeNull()
})

test('a container that was started anew may still be loading', () => {
  const loading = { containers: [container({ startedAt: 6 })], listening: false, healthy: false }
  expect(lossIn(look(2, loading), look(3, loading))).toBeNull()
})

test('the worker of a two-host model that lost its container is the model’s loss', () => {
  const pair = { ...deployment, hosts: ['spark-1', 'spark-2'] }
  const seen = (nth: number): Map<string, HostSeen> => new Map([['spark-1', look(nth)], ['spark-2', look(nth, { containers: [], listening: false })]]) // prettier-ignore
  const standing = neverServed(keyOf(pair))
  const doubts = doubtsAfter(doubtsAfter([], pair, standing, seen(1)), pair, standing, seen(2))
  expect(certain(doubts)?.cause).toBe('its container is gone from spark-2')
})

test('after a loss that was told, serving again begins anew, so that the next loss is another one', () => {
  const told = { ...served(), told: true }
  expect(seenServing(told, deployment, new Map([['spark-1', look(9)]]), 900)).toMatchObject({ since: 900, told: false })
  expect(seenServing(served(), deployment, new Map([['spark-1', look(9)]]), 900)).toMatchObject({ since: 100 })
})

test('starts in a row are counted by the swap’s own id, until one has served for an hour', () => {
  expect(nextInARow({ swapId: 'swap-0001', servedS: 5 })).toBe(1)
  expect(nextInARow({ swapId: guardianSwapId('abc', 1), servedS: 5 })).toBe(2)
  expect(nextInARow({ swapId: guardianSwapId('abc', 2), servedS: null })).toBe(3)
  expect(nextInARow({ swapId: guardianSwapId('abc', 2), servedS: 4_000 })).toBe(1)
  expect(nextInARow({ swapId: null, servedS: null })).toBe(1)
  expect(SwapId.safeParse(guardianSwapId('0123456789abcdef0123-2', 2)).success).toBe(true)
})

test('a stranger is what computes or serves; it is surveyed once, and then more and more seldom', () => {
  const facts = { containers: [container()], computeApps: [] }
  expect(strangerOn(facts, null)).toBeNull()
  expect(strangerOn({ ...facts, computeApps: null }, null)).toBeNull()
  const mark = strangerOn(facts, 'gemma') ?? ''
  expect(mark).toBe('gemma c1')
  expect(isWorthASurvey(null, mark, 0)).toBe(true)
  const once = askedAgain(null, mark, 0)
  expect(isWorthASurvey(once, mark, 19_999)).toBe(false)
  expect(isWorthASurvey(once, mark, 20_000)).toBe(true)
  expect(isWorthASurvey(once, 'gemma c2', 1)).toBe(true)
  expect(isWorthASurvey(askedAgain(once, mark, 20_000), mark, 59_999)).toBe(false)
})

test('hosts of a running swap, of a claim and under a survey are somebody’s business already', () => {
  const idle = { active: [], claims: [], hosts: [{ host: 'spark-1', state: 'known' as const, cause: null }] }
  expect(isOccupied(idle, ['spark-1'])).toBe(false)
  expect(isOccupied({ ...idle, hosts: [{ host: 'spark-1', state: 'surveying', cause: null }] }, ['spark-1'])).toBe(true)
  expect(isOccupied({ ...idle, claims: [{ claimId: 'c', hosts: ['spark-1'], holder: 'h', purpose: 'p' }] }, ['spark-1'])).toBe(true)
  expect(isOccupied({ ...idle, claims: [{ claimId: 'c', hosts: ['spark-1'], holder: 'h', purpose: 'p' }] }, ['spark-2'])).toBe(false)
})
