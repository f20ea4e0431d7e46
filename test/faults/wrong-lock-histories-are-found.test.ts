import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Asked, Operation, Told } from './lock-history.ts'
import { judge, usualTolerance } from './lock-judge.ts'

const hosts = ['spark-1']
const ttl_ms = 10_000
const acquire = (token: string, on = hosts): Asked => ({ what: 'acquire', token, hosts: on, ttl_ms })
const extend = (token: string): Asked => ({ what: 'extend', token, ttl_ms })
const release = (token: string): Asked => ({ what: 'release', token })
const force = (on = hosts): Asked => ({ what: 'force', hosts: on })
const swap = (token: string | null): Asked => ({ what: 'swap', token, hosts })

const granted = (fence: number): Told => ({ kind: 'granted', fence })
const reserved = (fence: number): Told => ({ kind: 'reserved', fence })
const released = (count = 1): Told => ({ kind: 'released', count })
const [stale, unknown, elsewhere]: readonly Told[] = [{ kind: 'stale' }, { kind: 'unknown' }, { kind: 'elsewhere' }]

type Line = readonly [asked: Asked, told: Told | undefined, from_ms: number, to_ms: number]
const history = (...lines: Line[]): Operation[] =>
  lines.map(([asked, told, from_ms, to_ms], i) => ({ client: `client-${i}`, asked, told: told ?? { kind: 'unknown' }, from_ms, to_ms }))
const faults = (...lines: Line[]): readonly string[] => judge(history(...lines)).faults
const of = (title: string, ...lines: Line[]) => ({ title, lines })

describe('a right history has no fault:', () => {
  const right = [
    of('one after the other', [acquire('a'), granted(1), 0, 5], [release('a'), released(), 10, 15], [acquire('b'), granted(2), 20, 25]),
    of(
      'grants at the same time, one after the release of the other',
      [acquire('a'), granted(1), 0, 50],
      [acquire('b'), granted(2), 0, 50],
      [release('a'), released(), 10, 40],
    ),
    of('others are refused while one holds', [acquire('a'), granted(1), 0, 5], [acquire('b'), reserved(1), 6, 9], [swap('b'), reserved(1), 10, 12]),
    of('the next one comes when the time is over', [acquire('a'), granted(1), 0, 5], [acquire('b'), granted(2), 10_001, 10_010]),
    of('it may be held two seconds longer', [acquire('a'), granted(1), 0, 5], [acquire('b'), reserved(1), 11_900, 11_950]),
    of(
      'an extension counts from its own time',
      [acquire('a'), granted(1), 0, 5],
      [extend('a'), granted(1), 8_000, 8_005],
      [acquire('b'), reserved(1), 17_000, 17_005],
    ),
    of('disjoint hosts are locks of their own', [acquire('a'), granted(1), 0, 5], [acquire('b', ['spark-2']), granted(2), 6, 9]),
    of(
      'a forced token is stale',
      [acquire('a'), granted(1), 0, 5],
      [force(), released(), 6, 9],
      [extend('a'), stale, 10, 12],
      [release('a'), stale, 13, 15],
    ),
    of('a release may be repeated', [acquire('a'), granted(1), 0, 5], [release('a'), unknown, 6, 9], [release('a'), released(0), 10, 12]),
    of('a lost grant is found again', [acquire('a'), unknown, 0, 5], [acquire('b'), reserved(7), 6, 9], [acquire('a'), granted(7), 10, 12]),
    of('a lost grant may never have been', [acquire('a'), unknown, 0, 5], [acquire('b'), granted(7), 6, 9], [acquire('a'), reserved(7), 10, 12]),
    of(
      'a lost answer may take effect a little later',
      [acquire('a'), unknown, 0, 5],
      [acquire('b'), granted(7), 6, 9],
      [release('b'), released(), 10, 12],
      [acquire('c'), reserved(8), 13, 15],
    ),
    of(
      'a swap keeps its holder’s lock',
      [acquire('a'), granted(1), 0, 5],
      [swap('a'), granted(2), 6, 9],
      [acquire('b'), reserved(1), 60_000, 60_005],
    ),
    of('what was refused for another reason says nothing', [acquire('a'), granted(1), 0, 5], [swap('a'), elsewhere, 6, 9]),
  ]
  test.each(right)('$title', ({ lines }) => {
    expect(faults(...lines)).toEqual([])
  })
})

describe('a wrong history is found:', () => {
  const wrong = [
    of('two hold at once', [acquire('a'), granted(1), 0, 5], [acquire('b'), granted(2), 6, 9]),
    of(
      'two hold at once, as nobody saw but by what came later',
      [acquire('a'), granted(1), 0, 50],
      [acquire('b'), granted(2), 0, 50],
      [extend('a'), granted(1), 60, 65],
      [extend('b'), granted(2), 60, 65],
    ),
    of('a fence that falls', [acquire('a'), granted(2), 0, 5], [release('a'), released(), 6, 9], [acquire('b'), granted(1), 10, 12]),
    of('a fence that is granted twice', [acquire('a'), granted(1), 0, 5], [release('a'), released(), 6, 9], [acquire('b'), granted(1), 10, 12]),
    of('a swap with a fence below its lock’s', [acquire('a'), granted(5), 0, 5], [swap('a'), granted(4), 6, 9]),
    of('a lock that ends early', [acquire('a'), granted(1), 0, 5], [acquire('b'), granted(2), 9_000, 9_005]),
    of('a lock that ends late', [acquire('a'), granted(1), 0, 5], [acquire('b'), reserved(1), 12_500, 12_505]),
    of(
      'an extension that was forgotten',
      [acquire('a'), granted(1), 0, 5],
      [extend('a'), granted(1), 8_000, 8_005],
      [acquire('b'), granted(2), 11_000, 11_005],
    ),
    of('a grant that was forgotten', [acquire('a'), granted(1), 0, 5], [release('a'), stale, 6, 9]),
    of('a retry that gets another fence', [acquire('a'), granted(1), 0, 5], [acquire('a'), granted(2), 6, 9]),
    of(
      'a stale release that frees the successor',
      [acquire('a'), granted(1), 0, 5],
      [force(), released(), 6, 9],
      [acquire('b'), granted(2), 10, 12],
      [release('a'), stale, 13, 15],
      [acquire('c'), granted(3), 16, 18],
    ),
    of('a forced lock that its holder extends', [acquire('a'), granted(1), 0, 5], [force(), released(), 6, 9], [extend('a'), granted(1), 10, 12]),
    of('a force that ended nothing', [acquire('a'), granted(1), 0, 5], [force(), released(0), 6, 9]),
    of(
      'a refusal by a lock that nobody holds',
      [acquire('a'), granted(1), 0, 5],
      [release('a'), released(), 6, 9],
      [acquire('b'), reserved(1), 10, 12],
    ),
    of('a refusal that names another’s fence', [acquire('a'), granted(1), 0, 5], [acquire('b'), reserved(9), 6, 9]),
    of('somebody else’s swap while it is held', [acquire('a'), granted(1), 0, 5], [swap(null), granted(2), 6, 9]),
    of(
      'a swap under a token that was given back',
      [acquire('a'), granted(1), 0, 5],
      [release('a'), released(), 6, 9],
      [swap('a'), granted(2), 10, 12],
    ),
    of('a release of what was never held', [release('a'), released(), 0, 5]),
    of(
      'a lost answer that takes effect when it is far too late',
      [acquire('a'), unknown, 0, 5],
      [acquire('b'), granted(1), 10, 15],
      [release('b'), released(), 20_000, 20_005],
      [acquire('c'), reserved(2), 20_010, 20_015],
    ),
    of(
      'one lost grant that two have seen with different fences',
      [acquire('a'), unknown, 0, 5],
      [acquire('b'), reserved(7), 6, 9],
      [acquire('a'), granted(8), 10, 12],
    ),
  ]
  test.each(wrong)('$title', ({ lines }) => {
    expect(faults(...lines)).not.toEqual([])
  })
})

test('what is wrong is said in words that lead to it', () => {
  const [first = ''] = faults([acquire('a'), granted(1), 0, 5], [acquire('b'), granted(2), 6, 9])
  expect(first).toBe('two held at once: client-0: acquire a on spark-1 → granted 1 (0–5 ms); client-1: acquire b on spark-1 → granted 2 (6–9 ms)')
  const [stuck = ''] = faults([acquire('a'), granted(1), 0, 5], [release('a'), stale, 6, 9])
  expect(stuck).toContain('with a holds spark-1 with 1')
  expect(stuck).toContain('release a → stale')
})

test('one lost grant among many lost answers is found again', () => {
  const lost = Array.from({ length: 60 }, (_, i): Line => [acquire(`lost-${i}`), unknown, i, i + 40])
  const refused = Array.from({ length: 60 }, (_, i): Line => [acquire(`refused-${i}`), reserved(7), 200 + i * 10, 205 + i * 10])
  expect(faults(...lost, ...refused)).toEqual([])
  expect(faults(...lost, ...refused, [acquire('late'), reserved(8), 900, 905])).toHaveLength(1)
})

test('a later part of a history begins with the fence at which the earlier one ended', () => {
  const before = judge(history([acquire('a'), granted(41), 0, 5], [swap('a'), granted(42), 6, 8], [release('a'), released(), 10, 12]))
  expect(before).toEqual({ faults: [], fence: 42 })
  expect(judge(history([acquire('b'), granted(42), 20, 25]), { fence: before.fence }).faults).toHaveLength(1)
})

/** A right lock, asked by so many clients whose operations overlap; some of their answers are lost. */
function aRightLock(seeds: readonly number[], clients: number): Operation[] {
  let fence = 0
  let holder = null as { token: string; fence: number; until: number } | null // assigned below, which the compiler does not see
  const operations: Operation[] = []
  const free = new Array<number>(clients).fill(0)
  const holds = new Array<boolean>(clients).fill(false)
  const lost = new Array<boolean>(clients).fill(false)
  const used = new Array<number>(clients).fill(0)
  let at = 0
  for (const seed of seeds) {
    const who = seed % clients
    at = Math.max(at + 1, (free[who] ?? 0) + 2)
    const from_ms = Math.max((free[who] ?? 0) + 1, at - (seed % 13))
    const to_ms = at + (seed % 17)
    free[who] = to_ms
    const token = `t${who}-${used[who]}`
    const isHolder: boolean = holder !== null && holder.token === token
    const asked: Asked = holds[who] === true || lost[who] === true ? (seed % 3 === 0 ? extend(token) : release(token)) : acquire(token)
    let told: Told
    if (holder !== null && holder.until <= at) holder = null
    if (asked.what === 'acquire') {
      if (holder === null) {
        holder = { token, fence: (fence += 1 + (seed % 3)), until: at + ttl_ms }
        told = granted(fence)
        holds[who] = true
      } else told = reserved(holder.fence)
    } else if (holder === null || !isHolder) told = { kind: 'stale' }
    else if (asked.what === 'extend') {
      holder = { ...holder, until: at + ttl_ms }
      told = granted(holder.fence)
    } else {
      holder = null
      told = released()
    }
    const over = told.kind === 'released' || told.kind === 'stale'
    if (seed % 11 === 0) {
      told = { kind: 'unknown' }
      lost[who] = true
    }
    if (over || (lost[who] === true && told.kind !== 'unknown')) {
      holds[who] = lost[who] = false
      used[who] = (used[who] ?? 0) + 1
      if (told.kind === 'granted') holds[who] = false
    }
    operations.push({ client: `c${who}`, asked, told, from_ms, to_ms })
  }
  return operations
}

const seeds = fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 200 })

test('no right lock is accused, however its clients’ operations overlap and whichever answers are lost', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 2, max: 16 }), (some, clients) => {
      expect(judge(aRightLock(some, clients)).faults).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('a grant that is slipped into any such history, while somebody surely holds, is found', () => {
  fc.assert(
    fc.property(seeds, fc.nat(), (some, pick) => {
      const right = aRightLock(some, 5)
      const sure = right.filter((one, i) => one.told.kind === 'granted' && one.asked.what === 'acquire' && i < right.length)
      const grant = sure[pick % sure.length]
      fc.pre(grant !== undefined && grant.asked.what === 'acquire')
      const { token } = grant.asked
      const ends = right.find((one) => one.asked.what === 'release' && one.asked.token === token)?.from_ms ?? grant.to_ms + 1_000
      fc.pre(ends > grant.to_ms + 4)
      const fence = 1_000_000
      const slipped: Operation = { client: 'thief', asked: acquire('thief'), told: granted(fence), from_ms: grant.to_ms + 1, to_ms: grant.to_ms + 2 }
      expect(judge([...right, slipped], { tolerance: { ...usualTolerance, early_ms: 0 } }).faults).not.toEqual([])
    }),
    { numRuns: 150 },
  )
})
