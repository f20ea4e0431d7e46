import type { Millis } from '../names.ts'
import type { KeptRun, Registered, RunNews } from './command.ts'

/** A lock and the swap that follows it within this time are one run of one job. */
const lockThenSwapMs = 3_600_000
const longestDetail = 80

/** So many runs of each are kept when there are so many schedules: all of them together stay well below what Temporal carries in one message. */
export const runsKept = (schedules: number): number => Math.min(20, Math.max(1, Math.floor(3_000 / Math.max(1, schedules))))

/** Adds what was told of a run. The same registered schedule comes back when it was told before. */
export function withRun(known: Registered, due: Millis | null, news: RunNews, most: number): Registered {
  if (known.runs.some((run) => run.events.includes(news.eventId))) return known
  if (known.body.kind === 'managed' && isNoSwap(news)) return known // its firing is its run, and tells this itself
  const joined = known.runs.findIndex((run) => belongs(run, news))
  const before = known.runs[joined]
  const runs = before === undefined ? withNewRun(known.runs, due, news) : known.runs.with(joined, continued(before, news))
  return kept(known, runs, most)
}

/** Adds that nothing came at this due time. The same registered schedule comes back when something came, or it was said before. */
export function withMissed(known: Registered, due: Millis, detail: string | null, most: number): Registered {
  if (due <= known.forgottenBefore || known.runs.some((run) => run.due === due)) return known
  const facts = { startedAt: due, endedAt: due, swapId: null, key: null, events: [] }
  return kept(known, [...known.runs, { ...facts, due, state: 'missed', via: 'nothing', detail: clip(detail) }], most)
}

/** Newest first, and no more than `most`. */
export function kept(known: Registered, runs: readonly KeptRun[], most: number): Registered {
  const sorted = runs.toSorted((a, b) => b.startedAt - a.startedAt)
  const forgotten = sorted[most]
  return { ...known, runs: sorted.slice(0, most), forgottenBefore: forgotten === undefined ? known.forgottenBefore : forgotten.startedAt }
}

/**
 * Whether this is told of that run. An end finds its start by the swap, else by the key; a ping's end finds the last ping without one. A swap that begins in the
 * course of a run (a ping was there before, Temporal fired it, or a lock was taken) is a part of it, and so is one that was not needed.
 */
function belongs(run: KeptRun, news: RunNews): boolean {
  if (run.state === 'missed') return false
  if (news.key !== null && run.key === news.key) return true
  if (news.swapId !== null && run.swapId === news.swapId) return true
  const open = run.endedAt === null
  if (news.via === 'ping') return news.what !== 'started' && open && run.via === 'ping'
  if (news.via !== 'swap') return false
  if (news.what !== 'started' && !isNoSwap(news)) return false
  return run.via === 'lock' ? news.at >= run.startedAt && news.at - run.startedAt <= lockThenSwapMs : open && run.via !== 'swap'
}

/** The model was there already: such a run of a job has no swap, and is over as it begins. */
const isNoSwap = ({ via, what, swapId }: RunNews): boolean => via === 'swap' && what === 'ok' && swapId === null

function continued(run: KeptRun, news: RunNews): KeptRun {
  const told = { ...run, events: [...run.events, news.eventId].slice(-6), swapId: news.swapId ?? run.swapId, key: run.key ?? news.key }
  if (news.what === 'started') return run.via === 'lock' ? { ...told, via: 'swap', state: 'running', endedAt: null } : told
  // What the job itself or Temporal began ends when they say so; a swap within it only leaves its word, and none beside theirs.
  if (news.via === 'swap' && run.via !== 'swap')
    return news.what === 'ok' || (run.endedAt !== null && run.detail !== null) ? told : { ...told, detail: clip(news.detail ?? 'its swap failed') }
  return { ...told, state: news.what, endedAt: news.at, detail: clip(news.detail) ?? run.detail }
}

function withNewRun(runs: readonly KeptRun[], due: Millis | null, news: RunNews): readonly KeptRun[] {
  // That a lock was taken is all that is known of a job that only takes it: nobody tells when it has done its work.
  const over = news.what !== 'started' || news.via === 'lock'
  const run: KeptRun = {
    due,
    startedAt: news.at,
    endedAt: over ? news.at : null,
    state: news.what === 'started' ? (news.via === 'lock' ? 'ok' : 'running') : news.what,
    via: news.via,
    swapId: news.swapId,
    key: news.key,
    detail: clip(news.detail),
    events: [news.eventId],
  }
  const silent = (one: KeptRun): boolean => one.endedAt === null && one.via === 'ping' && news.via === 'ping' && one.startedAt <= news.at
  return [
    run,
    ...runs.map((one) => (silent(one) ? { ...one, state: 'failed' as const, endedAt: news.at, detail: 'it never said how it ended' } : one)),
  ]
}

const clip = (text: string | null): string | null => (text === null ? null : text.slice(0, longestDetail).toWellFormed())
