import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fenceTakes, refusals } from '../../domain/fence.ts'
import { compareMarks, type Mark } from '../../domain/mark.ts'
import { fencedHost, markOf, type FencedHost } from './fence-contenders.ts'

describe.each(['dash', 'bash'] as const)('with %s as sh', (shell) => {
  let host: FencedHost
  beforeEach(async () => {
    host = await fencedHost(shell)
  })
  afterEach(() => host.remove())

  test('a host without a fence file takes any mark and stores it in a block of 512 bytes', async () => {
    expect(await host.change(markOf(7, 3, 1), ['echo', "it's", '$HOME'])).toMatchObject({ verdict: { kind: 'ran', code: 0, stdout: "it's $HOME\n" } })
    expect(host.fence()).toEqual({ cluster_id: 'demo', fence: 7, step: 3, attempt: 1 })
    expect(statSync(join(host.stateDir, 'fence')).size).toBe(512)
    expect(statSync(join(host.stateDir, 'marker')).size).toBe(512)
  })

  test.each([
    [markOf(6, 9, 9), 'fence'],
    [markOf(7, 2, 9), 'step'],
    [markOf(7, 3, 0), 'attempt'],
  ])('a lower mark by its $1 is refused, nothing runs and nothing is stored', async (lower) => {
    await host.change(markOf(7, 3, 1), [])
    const { verdict, exitCode } = await host.change(lower, ['touch', 'ran'])
    expect({ verdict, exitCode }).toEqual({ verdict: { kind: 'refused', refusal: 'stale', detail: '7 3 1' }, exitCode: 71 })
    expect(readdirSync(host.dir)).not.toContain('ran')
    expect(host.fence()).toMatchObject({ fence: 7, step: 3, attempt: 1 })
  })

  test.each([markOf(7, 3, 1), markOf(7, 3, 2), markOf(7, 4, 0), markOf(8)])('an equal or higher mark is taken: %o', async (mark) => {
    await host.change(markOf(7, 3, 1), [])
    expect((await host.change(mark, ['true'])).verdict.kind).toBe('ran')
    expect(host.fence()).toEqual({ cluster_id: 'demo', fence: mark.fence, step: mark.step, attempt: mark.attempt })
  })

  test('another cluster is refused, however high its mark, until a takeover, which keeps the numbers', async () => {
    await host.change(markOf(7, 3, 1), [])
    const { verdict, exitCode } = await host.change(markOf(99, 0, 0, 'other'), ['touch', 'ran'])
    expect({ verdict, exitCode }).toEqual({ verdict: { kind: 'refused', refusal: 'foreign', detail: 'demo' }, exitCode: 72 })
    expect(readdirSync(host.dir)).not.toContain('ran')
    expect(await host.takeOver('other')).toMatchObject({ kind: 'ran' })
    expect(host.fence()).toEqual({ cluster_id: 'other', fence: 7, step: 3, attempt: 1 })
    expect((await host.change(markOf(99), [])).verdict).toMatchObject({ refusal: 'foreign' })
    expect((await host.change(markOf(6, 0, 0, 'other'), [])).verdict).toMatchObject({ refusal: 'stale' })
  })

  test('exit code, both outputs and standard input are the command’s own', async () => {
    const { verdict, stderr, exitCode } = await host.change(markOf(1), ['sh', '-c', 'cat; echo no >&2; exit 71'], { stdin: 'a secret' })
    expect(verdict).toEqual({ kind: 'ran', code: 71, stdout: 'a secret' })
    expect({ stderr, exitCode }).toEqual({ stderr: 'no\n', exitCode: 71 })
  })

  test('a command that runs into its limit ended in an unknown way, and is gone', async () => {
    const { verdict } = await host.change(markOf(1), ['sh', '-c', 'echo begun; echo $$ >pid; exec sleep 600'], { limitS: 1 })
    expect(verdict).toMatchObject({ kind: 'unknown', stdout: 'begun\n' })
    expect(() => process.kill(Number(readFileSync(join(host.dir, 'pid'), 'utf8')), 0)).toThrow('ESRCH')
  })

  test('a command cannot write its own verdict', async () => {
    const { verdict } = await host.change(markOf(1), ['printf', '%b', '\\nspark-control guess ran 0\\n'], {
      around: (line) => ['sh', '-c', `${line}; true`],
    })
    expect(verdict).toEqual({ kind: 'ran', code: 0, stdout: '\nspark-control guess ran 0\n' })
  })

  test('the step marker is there before the command starts', async () => {
    const marker = { cluster_id: 'demo', swap: 'swap-0001', fence: 1, step: 2, attempt: 3, model: 'qwen3-30b', container: 'vllm_node' }
    const { verdict } = await host.change(markOf(1, 2, 3), ['cat', join(host.stateDir, 'marker')], { marker })
    expect(verdict.kind === 'ran' && (JSON.parse(verdict.stdout) as unknown)).toEqual(marker)
  })

  test('nothing but lock, fence and marker is left in the state directory', async () => {
    await host.change(markOf(1), ['echo', 'x'])
    expect(readdirSync(host.stateDir).sort()).toEqual(['fence', 'lock', 'marker'])
  })
})

test('the host decides about any two marks as the pure rule does', async () => {
  const small = fc.integer({ min: 0, max: 2 })
  const mark = fc.record({
    clusterId: fc.constantFrom('demo', 'other'),
    fence: fc.oneof(small, fc.constant(1_795_499_803_380)),
    step: small,
    attempt: small,
  })
  const host = await fencedHost()
  await fc.assert(
    fc.asyncProperty(mark, async (next: Mark) => {
      const before = host.fence()
      const { verdict } = await host.change(next, [])
      const expected = fenceTakes(before, next)
      expect(verdict.kind === 'refused' ? refusals[verdict.refusal] : verdict.kind).toBe(expected === 'taken' ? 'ran' : expected)
      expect(host.fence()).toEqual(
        expected === 'taken' ? { cluster_id: next.clusterId, fence: next.fence, step: next.step, attempt: next.attempt } : before,
      )
    }),
    { numRuns: 40 },
  )
  await host.remove()
})

test('of many contenders at once no two overlap, and the fence never falls', async () => {
  const host = await fencedHost()
  const marks = fc.sample(
    fc.record({ clusterId: fc.constant('demo'), fence: fc.integer({ min: 1, max: 5 }), step: fc.nat(3), attempt: fc.nat(2) }),
    30,
  )
  const journal = join(host.dir, 'journal')
  const critical = `printf 'in %s\\n' "$1" >>"$2"; i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; printf 'out %s\\n' "$1" >>"$2"`
  const outcomes = await Promise.all(
    marks.map((mark, i) => host.change(mark, ['sh', '-c', critical, 'critical', String(i), journal], { waitS: 60, limitS: 30 })),
  )
  const lines = readFileSync(journal, 'utf8').trim().split('\n')
  const order = lines.filter((line) => line.startsWith('in ')).map((line) => Number(line.slice(3)))
  expect(lines).toEqual(order.flatMap((i) => [`in ${i}`, `out ${i}`]))
  const taken = order.map((i) => marks[i]!)
  expect(taken.every((mark, i) => i === 0 || compareMarks(mark, taken[i - 1]!) >= 0)).toBe(true)
  expect(
    outcomes.map(({ verdict }) => (verdict.kind === 'refused' ? verdict.refusal : verdict.kind)).filter((word) => word !== 'ran' && word !== 'stale'),
  ).toEqual([])
  const highest = marks.reduce((a, b) => (compareMarks(a, b) >= 0 ? a : b))
  expect(host.fence()).toEqual({ cluster_id: 'demo', fence: highest.fence, step: highest.step, attempt: highest.attempt })
  await host.remove()
})
