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
