import { isServer, processOf, top } from '../domain/launchers/container.ts'
import { launcherOf } from '../domain/launchers/launcher.ts'
import type { LaunchMark } from '../domain/launchers/launch-mark.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import { HostError, type Hosts } from './hosts.ts'
import { runsByStatus } from './own-commands.ts'

/** A model on its hosts, head first, as it was launched. */
export interface LaunchedModel {
  readonly model: Model
  readonly hosts: readonly HostName[]
  readonly mark: LaunchMark
}

/** Whether the model's part on that host lives; null when the host does not say. An open port proves nothing, nor does a container that outlives its engine. */
export function lives(hosts: Hosts, launched: LaunchedModel, host: HostName): Promise<boolean | null> {
  const { model } = launched
  const launcher = launcherOf(model)
  if (launcher.commands !== null) return runsByStatus(hosts, { ...launched, host })
  if (launcher.containerIsEngine) return anyProcess(hosts, host, model.container, () => true)
  // Under Ray the workers have no server of their own: Ray starts the engine's processes there.
  const byRay = model.launch.ray === true || launched.hosts[0] !== host
  return anyProcess(hosts, host, model.container, (args) => isServer(args) || (byRay && isRay(args)))
}

const isRay = (args: string): boolean => /\bray\b.*\bstart\b|raylet/.test(args)

/** Whether the engine's server is among the container's processes; null when the host does not say. */
export const engineRuns = (hosts: Hosts, host: HostName, container: string): Promise<boolean | null> => anyProcess(hosts, host, container, isServer)

async function anyProcess(hosts: Hosts, host: HostName, container: string, wanted: (args: string) => boolean): Promise<boolean | null> {
  try {
    const exit = await hosts.look(host, top(container))
    if (exit.kind !== 'exited') return null
    if (exit.code !== 0) return /No such container|is not running/i.test(exit.stderr) ? false : null
    return exit.stdout.split('\n').some((line) => {
      const found = processOf(line)
      return found !== null && wanted(found.args)
    })
  } catch (error) {
    if (error instanceof HostError) return null
    throw error
  }
}
