// This clone, ready to run: its packages and its Node.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { packagesAreThere, providePackages } from './packages.mjs'
import { cacheFolder, projectFolder } from './places.mjs'
import { provideRuntime, runtimeIsThere } from './runtime.mjs'
import { say } from './trouble.mjs'

/** Costs a few ms when everything is there. Parallel runs in one clone wait for the first. Throws a Trouble that says what to do. */
export async function provideProject() {
  if (packagesAreThere() && runtimeIsThere()) return
  const onWait = ({ pid }) => say(`Another run (process ${pid}) is installing packages; waiting for it …`)
  const install = async () => {
    await providePackages()
    await provideRuntime()
  }
  await withLock(lockFile(), install, onWait)
}

/** Not in the clone: `npm ci` empties node_modules, and nothing else of the clone is ours to write in. */
function lockFile() {
  const clone = createHash('sha256').update(projectFolder).digest('hex').slice(0, 12)
  return join(cacheFolder(), `packages-${clone}.lock`)
}
