import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from '../disk.ts'

/** What a container sees of the host's disk, `from:to[:mode]` each. */
export type Binds = readonly string[]

/**
 * Does the container see the model's weights? Only what is mounted counts: a path under a mount, or a complete snapshot in the mounted
 * Hugging Face cache. The simulated hosts have no way out to download anything.
 */
export function weightsAreThere(model: string, binds: Binds, env: Readonly<Record<string, string>>, disk: HostDisk): boolean {
  if (model.startsWith('/')) {
    const real = onHost(model, binds, disk)
    return real !== null && existsSync(real)
  }
  const cache = env['HF_HUB_CACHE'] ?? join(env['HF_HOME'] ?? '/root/.cache/huggingface', 'hub')
  const hub = onHost(cache, binds, disk)
  if (hub === null) return false
  const repo = join(hub, `models--${model.replaceAll('/', '--')}`)
  const snapshots = join(repo, 'snapshots')
  const unfinished = existsSync(join(repo, 'blobs')) && readdirSync(join(repo, 'blobs')).some((name) => name.endsWith('.incomplete'))
  return existsSync(snapshots) && readdirSync(snapshots).length > 0 && !unfinished
}

/** The host's file behind a path of the container, or null when nothing is mounted there. */
function onHost(path: string, binds: Binds, disk: HostDisk): string | null {
  for (const bind of binds) {
    const [from = '', to = ''] = bind.split(':')
    const mount = to.replace(/\/$/, '')
    if (path === mount || path.startsWith(`${mount}/`)) return disk.path(from) + path.slice(mount.length)
  }
  return null
}
