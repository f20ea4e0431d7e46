import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SwapStreamEvent, SwapView } from '../../api/deps.ts'
import { sseText } from '../../api/sse.ts'
import { SwapLogs } from '../../api/swap-log.ts'
import { SwapWatch } from '../../api/swap-watch.ts'
import { Problem } from '../../domain/problem.ts'
import { changed, queuedSwap } from '../../domain/swap-record.ts'
import type { Swap } from '../../domain/swap.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spark-watch-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const queued = queuedSwap({ swapId: 'swap-0001', model: 'mine', hosts: ['spark-1'], holder: null, schedule: null, reason: null, acceptedAt: 0 })
const running = changed(queued, { type: 'told_to_go', fence: 7, hosts: ['spark-1'], affectedHosts: ['spark-1'], previous: [], deadlineAt: 1000 })
const launching = changed(running, { type: 'phase_begun', phase: 'launch', at: 5, detail: null })
const ended = changed(launching, { type: 'ended', outcome: 'completed', left: { 'spark-1': 'target' }, cause: null, at: 9 })

/** A swap whose record the test moves on, counting how often it was looked at. */
function scripted(first: Swap) {
  const script = { view: { swap: first, progress: null } as SwapView, looks: 0, away: false }
  const look = (): Promise<SwapView> => {
    script.looks += 1
    return script.away ? Promise.reject(new Problem('temporal_down')) : Promise.resolve(script.view)
  }
  return { script, look }
}

const logFile = (id: string): string => join(folder, `${id}.log`)

test('a stream tells the record, the log and the end, and then it is over', async () => {
  await writeFile(logFile('swap-whole'), 'one\ntwo\n')
  const { look } = scripted(ended)
  const watch = new SwapWatch(look, new SwapLogs(folder))
  const events = await all(watch.follow('swap-whole', null, new AbortController().signal))
  const revision = String(ended.revision)
  expect(events.filter(({ event }) => event !== 'log')).toEqual([
    { id: `${revision}.0`, event: 'swap', data: ended },
    { id: `${revision}.8`, event: 'end', data: { outcome: 'completed' } },
  ])
  expect(events.filter(({ event }) => event === 'log').map(({ data }) => data)).toEqual([{ lines: ['one', 'two'] }])
})

test('after any event another process goes on without a loss or a repeat', async () => {
  await writeFile(logFile('swap-resume'), 'one\ntwo\nthree\n')
  const whole = await all(new SwapWatch(scripted(ended).look, new SwapLogs(folder)).follow('swap-resume', null, new AbortController().signal))
  for (const [i, { id }] of whole.entries()) {
    const rest = await all(new SwapWatch(scripted(ended).look, new SwapLogs(folder)).follow('swap-resume', id, new AbortController().signal))
    expect(linesOf([...whole.slice(0, i + 1), ...rest])).toEqual(['one', 'two', 'three'])
    expect(rest.at(-1)?.event).toBe('end')
  }
})

test('one swap is looked at by one poller, however many follow it, and by none when all have left', async () => {
  const { script, look } = scripted(launching)
  const watch = new SwapWatch(look, new SwapLogs(folder))
  const leaving = new AbortController()
  const followers = Array.from({ length: 20 }, () => watch.follow('swap-many', null, leaving.signal))
  const first = await Promise.all(followers.map((follower) => follower.next()))
  for (const { value } of first) expect(value).toMatchObject({ event: 'swap' })
  expect(script.looks).toBe(1)
  leaving.abort()
  await Promise.all(followers.map((follower) => follower.return(undefined)))
  const late = watch.follow('swap-many', null, new AbortController().signal)
  expect((await late.next()).value).toMatchObject({ event: 'swap' })
  expect(script.looks).toBe(2)
  await late.return(undefined)
})

test('news arrive while somebody follows, also after Temporal was away', async () => {
  const { script, look } = scripted(launching)
  const watch = new SwapWatch(look, new SwapLogs(folder))
  const stream = watch.follow('swap-news', null, new AbortController().signal)
  expect((await stream.next()).value).toMatchObject({ event: 'swap', data: { phase: 'launch' } })

  script.view = { swap: launching, progress: { phase: 'launch', percent: 40, stage: 'weights', last_lines: [], log_offset: 0 } }
  expect((await stream.next()).value).toMatchObject({ event: 'progress', data: { percent: 40, stage: 'weights' } })

  script.away = true
  await appendFile(logFile('swap-news'), 'while it was away\n')
  expect((await stream.next()).value).toMatchObject({ event: 'log', data: { lines: ['while it was away'] } })

  script.away = false
  script.view = { swap: ended, progress: null }
  expect((await stream.next()).value).toMatchObject({ event: 'swap', data: { outcome: 'completed' } })
  expect((await stream.next()).value).toMatchObject({ event: 'end' })
  expect((await stream.next()).done).toBe(true)
})

test('a viewer who leaves while nothing happens is let go at once', async () => {
  const { look } = scripted(launching)
  const watch = new SwapWatch(look, new SwapLogs(folder))
  const leaving = new AbortController()
  const text = sseText(watch.follow('swap-quiet', null, leaving.signal), leaving.signal)
  expect((await text.next()).value).toBe('retry: 2000\n\n')
  expect((await text.next()).value).toMatch(/^id: \d+\.0\nevent: swap\ndata: \{.*\}\n\n$/)
  const waiting = text.next()
  leaving.abort()
  expect((await waiting).done).toBe(true)
})

async function all(events: AsyncIterable<SwapStreamEvent>): Promise<SwapStreamEvent[]> {
  const seen: SwapStreamEvent[] = []
  for await (const event of events) seen.push(event)
  return seen
}

const linesOf = (events: readonly SwapStreamEvent[]): string[] =>
  events.flatMap(({ event, data }) => (event === 'log' ? (data as { lines: string[] }).lines : []))
