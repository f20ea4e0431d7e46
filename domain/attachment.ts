import type { StepMarker } from './mark.ts'
import type { ContainerName } from './names.ts'

/** A container as a look at the host shows it. */
export interface SeenContainer {
  readonly name: ContainerName
  readonly running: boolean
  readonly mark: { readonly cluster: string; readonly swap: string; readonly fence: number; readonly step: number } | null
}

export interface LaunchIdentity {
  readonly clusterId: string
  readonly swapId: string
  readonly fence: number
  readonly step: number
  readonly container: ContainerName
}

/** What an attempt to launch does about what it finds (ARBITER.md F5). */
export type Attachment =
  | { readonly do: 'launch' }
  /** This very step started it: go on with it, also when it ended already (its log tells why). */
  | { readonly do: 'attach' }
  /** Ours, but nobody knows what is in it: a proven stop, then anew. */
  | { readonly do: 'stop_first' }
  | { readonly do: 'refuse'; readonly because: string }

/**
 * The same for what has no container (the launcher `command`): by the host's step marker, and by what the status command says (null: nothing).
 * Only what certainly does not run, and was not begun by this step, is launched without a stop.
 */
export function commandAttachment(marker: StepMarker | null, launch: Omit<LaunchIdentity, 'container'>, runs: boolean | null): Attachment {
  const thisStep =
    marker?.cluster_id === launch.clusterId && marker.swap === launch.swapId && marker.fence === launch.fence && marker.step === launch.step
  if (runs === true && thisStep) return { do: 'attach' }
  return runs === false && !thisStep ? { do: 'launch' } : { do: 'stop_first' }
}

/** What a launch on several hosts does: only when all of them agree is it gone on with or begun; a part of it is stopped everywhere. */
export function jointAttachment(each: readonly Attachment[]): Attachment {
  const refused = each.find((one) => one.do === 'refuse')
  if (refused !== undefined) return refused
  const [first] = each
  return first !== undefined && each.every((one) => one.do === first.do) ? first : { do: 'stop_first' }
}

/**
 * Decides by the container's mark alone; `engineRuns` matters where the container outlives its engine (null: not known).
 * A container of this step that has nothing in it is the rest of a start that was cut short.
 */
export function attachment(
  containers: readonly SeenContainer[],
  launch: LaunchIdentity,
  containerIsEngine: boolean,
  engineRuns: boolean | null,
): Attachment {
  const found = containers.find((container) => container.name === launch.container)
  if (found === undefined) return { do: 'launch' }
  const { mark } = found
  if (mark?.cluster !== launch.clusterId) return { do: 'refuse', because: 'a container of that name belongs to somebody else' }
  const thisStep = mark.swap === launch.swapId && mark.fence === launch.fence && mark.step === launch.step
  if (!thisStep) return { do: 'stop_first' }
  if (containerIsEngine) return { do: 'attach' }
  return found.running && engineRuns === true ? { do: 'attach' } : { do: 'stop_first' }
}
