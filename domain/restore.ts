import type { Deployment } from './deployment.ts'
import type { Model } from './model.ts'
import type { HostName, Millis } from './names.ts'
import type { LeftWith, Outcome } from './swap.ts'

/** A displaced deployment that we can put back: it served, and its launch is known. */
export interface Restorable {
  readonly deployment: Deployment
  readonly model: Model
}

/** What a failed swap owes: every displaced deployment that was validated, or found serving, and that we know how to launch. Nothing when told to leave it. */
export const owed = (displaced: readonly Deployment[], onFailure: 'restore' | 'leave'): Restorable[] =>
  onFailure === 'leave'
    ? []
    : displaced.flatMap((deployment) =>
        deployment.snapshot !== null && (deployment.validatedAt !== null || deployment.adopted) ? [{ deployment, model: deployment.snapshot }] : [],
      )

/** What is known of a host after the stop, and after a clean-up. */
export type HostState = 'untouched' | 'cleared' | 'unproven' | 'unreachable'

export type TroubleKind = 'failed' | 'cancelled' | 'timed_out'

/** How far a swap that did not complete had come. */
export interface Wreck {
  readonly trouble: TroubleKind
  readonly reached: 'queue' | 'preflight' | 'stop' | 'launched'
  /** Something on a host was changed: a drain that failed leaves all as it was. */
  readonly touched: boolean
  readonly owedAny: boolean
  /** Null when nothing was owed or nothing could be tried. */
  readonly restore: 'all' | 'some_failed' | null
  /** A proven stop failed on a target host: nothing may be said about it, and nothing was launched there. */
  readonly unproven: boolean
}

/** The outcome of a swap that did not complete (ARBITER.md, Outcomes). A restore that was owed and failed is said whatever else happened (I5). */
export function outcomeOf(wreck: Wreck): Outcome {
  if (wreck.restore === 'some_failed') return 'restore_failed'
  if (wreck.reached === 'launched' && wreck.unproven && wreck.owedAny && wreck.restore !== 'all') return 'restore_failed'
  if (wreck.trouble !== 'failed') return wreck.trouble
  if (wreck.reached === 'queue' || wreck.reached === 'preflight') return 'preflight_failed'
  if (wreck.restore === 'all') return 'restored'
  return wreck.touched && !wreck.unproven ? 'left_empty' : 'failed'
}

/** What each affected host holds when nothing more is done to it. */
export function leftOn(
  hosts: readonly HostName[],
  states: Readonly<Record<HostName, HostState>>,
  displaced: readonly Deployment[],
): Record<HostName, LeftWith> {
  const held = (host: HostName): LeftWith => (displaced.some((deployment) => deployment.hosts.includes(host)) ? 'previous' : 'empty')
  return Object.fromEntries(
    hosts.map((host) => {
      const state = states[host] ?? 'untouched'
      if (state === 'untouched') return [host, held(host)]
      return [host, state === 'cleared' ? 'empty' : 'unknown']
    }),
  )
}

/** A deployment that serves again, from now on known by the swap that put it back. */
export const putBack = (deployment: Deployment, swapId: string, fence: number, now: Millis): Deployment => ({
  ...deployment,
  swapId,
  fence,
  validatedAt: now,
  adopted: false,
})
