import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'

const lookEveryMs = 1_000

/** Resolves when there is a cluster.yaml that can be used: set-up wrote it, or its owner. One with errors is told, and waited for. */
export async function ownClusterIsThere(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<undefined> {
  for (let said = ''; ;) {
    const places = placesFrom(env)
    if (!places.demo) {
      const state = loadConfig(places, env)
      if (state.kind === 'ready') {
        say(`There is a cluster.yaml in ${places.configDir}: the demo ends, your cluster ${state.cluster.clusterId} starts.`)
        return undefined
      }
      if (state.message !== said) say(`There is a cluster.yaml in ${places.configDir}, but it cannot be used: ${state.message}. The demo goes on.`)
      said = state.message
    }
    await delay(lookEveryMs, undefined, { ref: false })
  }
}
