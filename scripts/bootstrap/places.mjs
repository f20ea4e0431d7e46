// Where things lie on this machine: the user's cache folder, and programs on PATH.
import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The user's cache folder for this project. XDG_CACHE_HOME counts on every system; empty or relative values do not (the XDG rule). */
export function cacheFolder(env = process.env, platform = process.platform) {
  const xdg = env.XDG_CACHE_HOME
  if (xdg && xdg.startsWith(sep)) return join(xdg, 'spark-control')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'spark-control')
  return join(homedir(), '.cache', 'spark-control')
}

/** Every executable file of that name on PATH, first one first. The project's own node_modules/.bin is left out. */
export function onPath(name, env = process.env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.startsWith(join(projectFolder, 'node_modules')))
    .map((folder) => join(folder, name))
    .filter(isExecutable)
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
