import type { Swap } from '../../domain/swap.ts'

/** What a host's own record says of its engines, in the order in which it happened. A power cut ends all of them. */
export type EngineEvent =
  | { readonly kind: 'start'; readonly engine: string; readonly mark: EngineMark | null }
  | { readonly kind: 'healthy'; readonly engine: string }
  | { readonly kind: 'exit'; readonly engine: string }
  | { readonly kind: 'all_gone' }

/** Who started an engine, as its own environment tells. */
export interface EngineMark {
  readonly swap: string
  readonly fence: number
  readonly step: number
}

/** A line of the record of a demo host or of a real one; the two name an engine differently. */
export type RecordLine = { readonly event: string } & Readonly<Record<string, unknown>>

/** Reads the lines that are about engines. */
export function engineEvents(lines: readonly RecordLine[]): EngineEvent[] {
  return lines.flatMap((line): EngineEvent[] => {
    const engine = String(line['engine'] ?? line['pid'])
    switch (line.event) {
      case 'engine_start':
        return [{ kind: 'start', engine, mark: markIn(line['env'] as Record<string, string> | undefined) }] // both recorders write it so
      case 'engine_healthy':
        return [{ kind: 'healthy', engine }]
      case 'engine_exit':
        return [{ kind: 'exit', engine }]
      case 'power_off':
      case 'boot':
        return [{ kind: 'all_gone' }]
      default:
        return []
    }
  })
}

function markIn(env: Readonly<Record<string, string>> = {}): EngineMark | null {
  const { SPARK_SWAP: swap, SPARK_FENCE: fence, SPARK_STEP: step } = env
  return swap === undefined ? null : { swap, fence: Number(fence), step: Number(step) }
}

/** I1: two engines on one host at the same time, each found pair in words. */
export function overlaps(events: readonly EngineEvent[]): string[] {
  const running = new Map<string, EngineMark | null>()
  const found: string[] = []
  for (const event of events) {
    if (event.kind === 'start') {
      for (const [other, mark] of running) found.push(`engine ${event.engine} (${said(event.mark)}) was started while ${other} (${said(mark)}) ran`)
      running.set(event.engine, event.mark)
    }
    if (event.kind === 'exit') running.delete(event.engine)
    if (event.kind === 'all_gone') running.clear()
  }
  return found
}

/** I2 and I8: an engine that was started with a lower fence, or a lower step of the same fence, than one before it. */
export function staleStarts(events: readonly EngineEvent[]): string[] {
  let highest: EngineMark | null = null
  const found: string[] = []
  for (const event of events) {
    if (event.kind !== 'start' || event.mark === null) continue
    if (highest !== null && isLower(event.mark, highest))
      found.push(`engine ${event.engine} (${said(event.mark)}) was started after ${said(highest)}`)
    else highest = event.mark
  }
  return found
}

const isLower = (mark: EngineMark, than: EngineMark): boolean => mark.fence < than.fence || (mark.fence === than.fence && mark.step < than.step)

const said = (mark: EngineMark | null): string => (mark === null ? 'unmarked' : `swap ${mark.swap}, fence ${mark.fence}, step ${mark.step}`)

/** Which steps of a swap started an engine, in order; a step that stands twice launched twice. */
export const launchesOf = (events: readonly EngineEvent[], swapId: string): number[] =>
  events.flatMap((event) => (event.kind === 'start' && event.mark?.swap === swapId ? [event.mark.step] : []))

/** I3: what is wrong with the end of a swap. */
export function badEnds(swap: Swap): string[] {
  const { swap_id, state, outcome, ended_at, deadline_at } = swap
  if (state !== 'done' || outcome === null || ended_at === null) return [`${swap_id} has not ended`]
  return deadline_at !== null && Date.parse(ended_at) > Date.parse(deadline_at)
    ? [`${swap_id} ended at ${ended_at}, after its deadline ${deadline_at}`]
    : []
}

/** Whether a moment lies inside a phase of a swap, by the record of the swap. Milliseconds. */
export function hitInside(swap: Swap, phase: string, moment: number): boolean {
  const found = swap.phases.find(({ name }) => name === phase)
  const [from, to] = [found?.started_at, found?.ended_at]
  return from != null && to != null && Date.parse(from) <= moment && moment <= Date.parse(to)
}
