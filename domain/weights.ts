import type { Host } from './cluster.ts'
import { onHost } from './host-facts.ts'
import type { Model } from './model.ts'
import type { Argv } from './names.ts'

/** Where vLLM finds the weights of a model on a host, and how a look tells whether they are all there. */
export interface WeightsPlace {
  readonly path: string
  readonly probe: Argv
}
export type WeightsState = 'there' | 'incomplete' | 'missing'

/** Prints one word. A download that was broken off leaves its unfinished files beside the finished ones. */
const look =
  'if [ -z "$(ls "$1" 2>/dev/null)" ]; then echo missing; elif ls "$2"/*.incomplete >/dev/null 2>&1; then echo incomplete; else echo there; fi'

export function weightsPlace(model: Model, host: Host, home: string): WeightsPlace {
  if (model.local_path !== null) return placeOf(model.local_path, model.local_path, model.local_path)
  const repo = `${onHost(host.hfCache, home)}/hub/models--${(model.repo ?? '').replace('/', '--')}`
  return placeOf(repo, `${repo}/snapshots`, `${repo}/blobs`)
}

const placeOf = (path: string, holds: string, downloads: string): WeightsPlace => ({
  path,
  probe: ['sh', '-c', look, 'spark-weights', holds, downloads],
})

export const readWeights = (stdout: string): WeightsState => {
  const word = stdout.trim()
  return word === 'there' || word === 'incomplete' ? word : 'missing'
}
