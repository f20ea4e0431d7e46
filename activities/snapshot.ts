import { causeOf } from '../domain/errors.ts'
import { longestLaunchS, swapLimits } from '../domain/swap-limits.ts'
import type { SwapSnapshot } from '../domain/swap-snapshot.ts'
import type { ActivityDeps } from './deps.ts'
import { failure } from './failure.ts'

export const createSnapshotActivities = ({ config }: ActivityDeps) => ({
  /** Catalog entry and settings as the files say now. Fails with `unknown_model`, `config_invalid` or `not_configured`. */
  takeSnapshot(model: string | null, drainS: number): Promise<SwapSnapshot> {
    const state = config.read()
    if (state.kind !== 'ready') throw failure(causeOf(state.code, state.message))
    const entry = model === null ? null : state.models.get(model)
    if (entry === undefined) throw failure(causeOf('unknown_model', `There is no model ${String(model)} in the catalog any more`))
    return Promise.resolve({
      model: entry,
      limits: swapLimits(state.settings, entry, drainS),
      memoryFloorGib: state.settings.memory_floor_gib,
      extraDockerArgs: state.settings.extra_docker_args,
      usualLaunchS: longestLaunchS(state.settings, state.models.values()),
    })
  },
})
