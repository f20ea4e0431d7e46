import type { Host } from './cluster.ts'
import { causeOf, type Cause } from './errors.ts'
import { onHost } from './host-facts.ts'
import type { Model } from './model.ts'
import type { Argv, HostName } from './names.ts'
import { folderProbe, readFolderLook } from './storage/folder-look.ts'
import { repoFolder, repoProbe } from './storage/hub-cache.ts'
import { modelTrouble } from './storage/local-path.ts'
import { loadedWeights, readFolderWords, type WeightFiles } from './storage/weight-files.ts'

/** Where vLLM finds the weights of a model on a host, and how a look tells whether they are all there. */
export interface WeightsPlace {
  readonly path: string
  readonly probe: Argv
}
export type WeightsState = 'there' | 'incomplete' | 'missing' | 'unfit'

/** What a look at that place found. */
export interface WeightsLook {
  readonly path: string
  readonly state: WeightsState
  /** Why a local model's folder cannot be used. */
  readonly trouble?: Cause | null
  /** What an engine would load; null where nothing is there. */
  readonly loaded?: WeightFiles | null
  /** The text of config.json. */
  readonly config?: string | null
}

export function weightsPlace(model: Model, host: Host, home: string): WeightsPlace {
  if (model.local_path !== null) return { path: model.local_path, probe: folderProbe(model.local_path, host.modelRoots) }
  const path = `${onHost(host.hfCache, home)}/hub/${repoFolder(model.repo ?? '')}`
  return { path, probe: repoProbe(path) }
}

/** Reads what the probe of `weightsPlace` printed. */
export function readWeights(model: Model, host: Host, path: string, stdout: string): WeightsLook {
  if (model.local_path === null) {
    const { facts, weights, config } = readFolderWords(stdout)
    const word = facts.get('state')
    return { path, state: word === 'there' || word === 'incomplete' ? word : 'missing', loaded: loadedWeights(weights), config }
  }
  const look = readFolderLook(stdout)
  if (look === null) return { path, state: 'missing' }
  const trouble = modelTrouble(host.name, path, look, host.modelRoots, model.launcher)
  return { path, state: trouble === null ? 'there' : 'unfit', trouble, loaded: loadedWeights(look.weights), config: look.config }
}

/** Why a model cannot be loaded from a host's disk; null where it can, or nobody looked. What can be downloaded says how. */
export function weightsTrouble(model: Model, host: HostName, look: WeightsLook | null): Cause | null {
  if (look === null || look.state === 'there') return null
  if (look.state === 'unfit') return look.trouble ?? causeOf('weights_missing', `${look.path} on ${host} cannot be used`)
  const what = look.state === 'missing' ? `There is nothing at ${look.path} on ${host}` : `The download at ${look.path} on ${host} is not finished`
  const cause = causeOf('weights_missing', what)
  return model.repo === null
    ? cause
    : { ...cause, advice: `Download them: POST /api/models/${model.key}/download with {"hosts": ["${host}"]}, which goes on where it was.` }
}
