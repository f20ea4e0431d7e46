import { causeOf, type Cause } from '../errors.ts'
import type { LauncherName } from '../model.ts'
import type { HostName } from '../names.ts'
import type { FolderLook } from './folder-look.ts'
import { loadedWeights } from './weight-files.ts'

/** What is wrong with a path by its words alone; null where the host has to be asked. A leading `~` is the SSH user's home there. */
export function pathTrouble(path: string): Cause | null {
  if (!path.startsWith('/') && path !== '~' && !path.startsWith('~/')) return causeOf('local_path_relative', `${shown(path)} does not begin with /`)
  return path.split('/').includes('..') ? causeOf('local_path_climbs', `${shown(path)} has .. in it`) : null
}

/** Why a host's folder cannot be looked into; null where it can. */
export function folderTrouble(host: HostName, path: string, look: Pick<FolderLook, 'state' | 'leadsTo'>, roots: readonly string[]): Cause | null {
  const at = `${shown(path)} on ${host}`
  switch (look.state) {
    case 'folder':
      return null
    case 'outside': {
      const leads = look.leadsTo === null || look.leadsTo === path ? 'lies' : `leads to ${shown(look.leadsTo)},`
      return causeOf('local_path_outside', `${at} ${leads} outside of ${roots.join(', ')}`)
    }
    case 'missing':
      return causeOf('local_path_missing', `There is no ${at}`)
    case 'unreadable':
      return causeOf('local_path_unreadable', `${at} may not be read by the SSH user`)
    case 'not_folder':
      return causeOf('local_path_not_folder', `${at} is a file`)
  }
}

/** Why a host's folder is no model that a launcher could start; null where it is one. */
export function modelTrouble(host: HostName, path: string, look: FolderLook, roots: readonly string[], launcher: LauncherName): Cause | null {
  const folder = folderTrouble(host, path, look, roots)
  if (folder !== null) return folder
  const at = `${shown(path)} on ${host}`
  if (look.config === null) return causeOf('local_path_no_config', `There is no config.json in ${at}`)
  if (loadedWeights(look.weights) === null) return causeOf('local_path_no_weights', `There is no *.safetensors, *.bin or *.gguf in ${at}`)
  if (look.shardsMissing) return causeOf('local_path_no_weights', `A file that model.safetensors.index.json names is not in ${at}`)
  // Without a container the links lead where they should.
  if (look.linkedOut !== null && launcher !== 'command')
    return causeOf('local_path_links_out', `${look.linkedOut} in ${at} is a link out of the folder`)
  return null
}

const shown = (path: string): string => path.slice(0, 200)
