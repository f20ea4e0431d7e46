import type { Model } from './model.ts'
import type { Settings } from './settings.ts'

/** The longest that each part of a swap may take, in seconds. */
export interface SwapLimits {
  readonly preflightS: number
  readonly drainS: number
  readonly stopS: number
  readonly launchS: number
  readonly launchStallS: number
  readonly warmS: number
  readonly validateS: number
}

/** What is left for reports and bookkeeping between the phases. */
const marginS = 30

export function swapLimits(settings: Settings, model: Model | null, drainS: number): SwapLimits {
  return {
    preflightS: settings.preflight_s,
    drainS,
    stopS: settings.stop_s,
    launchS: model?.launch_s ?? settings.launch_s,
    launchStallS: model?.launch_stall_s ?? settings.launch_stall_s,
    warmS: settings.warm_s,
    validateS: settings.validate_s,
  }
}

/** Until the target is validated: the part that a deadline may cut short so that the restore still has its time. */
export const forwardS = (limits: SwapLimits, model: unknown): number =>
  limits.preflightS + limits.drainS + limits.stopS + (model === null ? 0 : servingS(limits)) + marginS

/** A proven stop of what was started, and one launch of what was there before. */
export const restoreS = (limits: SwapLimits): number => limits.stopS + servingS(limits) + marginS

/**
 * How long the launch of a restore may take, of these models, where the deadline was made with `usualLaunchS` (undefined: nobody knows any more). A model that
 * may take longer than that (the catalog was changed since) is not given the time of the swap that takes its place: that would be over before it began.
 */
export const restoreLaunchS = (models: readonly Pick<Model, 'launch_s'>[], usualLaunchS: number | undefined): number =>
  Math.min(Math.max(0, ...models.map((model) => model.launch_s)), usualLaunchS ?? Infinity)

const servingS = (limits: SwapLimits): number => limits.launchS + limits.warmS + limits.validateS

/** What a restore's launch may take, whatever is displaced by then: the longest limit that the cluster or any model of its catalog has, in seconds. */
export const longestLaunchS = (settings: Pick<Settings, 'launch_s'>, models: Iterable<Pick<Model, 'launch_s'>>): number =>
  Math.max(settings.launch_s, ...[...models].map((model) => model.launch_s))

/** The deadline of a swap (ARBITER.md G9): the sum of all its limits, restore included, in seconds from `go`. */
export function swapDeadlineS(settings: Settings, model: Model | null, drainS: number, restoredIn = settings.launch_s): number {
  const limits = swapLimits(settings, model, drainS)
  return Math.ceil(forwardS(limits, model) + restoreS({ ...limits, launchS: restoredIn }))
}
