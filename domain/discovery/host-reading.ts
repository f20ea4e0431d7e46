import { z } from 'zod'
import { adoptedModel, type Adopted } from '../adoption/adopted-model.ts'
import { Inspected } from '../adoption/inspected.ts'
import { commandsOf, imageEnvOf, listOf, type SeenContainer } from '../adoption/look.ts'
import type { Host } from '../cluster.ts'
import type { HostName } from '../names.ts'
import { Parts } from './parts.ts'
import { readListeners, type Listener } from './network.ts'
import { portsToAsk } from './service-answers.ts'

/** A running container of the host, with what only the reader may see of it. */
export interface RunningContainer {
  readonly name: string
  readonly image: string
  readonly ports: readonly number[]
  /** May have secrets in it. */
  readonly seen: SeenContainer
}

/** The half of a discovery that the host itself tells; the other half is what its ports answer. Never stored: it may have secrets in it. */
export interface HostReading {
  readonly parts: Parts
  readonly home: string
  readonly containers: readonly RunningContainer[]
  readonly listening: readonly Listener[] | null
  /** Ports to ask from the worker. */
  readonly ask: readonly number[]
}

const Image = z.object({ Id: z.string(), RepoTags: z.array(z.string()).nullish() })

export function readHost(stdout: string): HostReading {
  const parts = new Parts(stdout)
  const home = parts.text('home') ?? ''
  const images = listOf(parts.anyText('image_env'))
  const containers = listOf(parts.anyText('inspect')).flatMap((inspect) => containerOf(inspect, images, parts))
  const heard = parts.text('listening')
  const listening = heard === null ? null : readListeners(heard)
  const theirs = containers.flatMap((container) => [...container.ports, ...enginePorts(container, home)])
  const ask = portsToAsk(listening?.map(({ port }) => port) ?? null, theirs)
  return { parts, home, containers, listening, ask }
}

/** An engine as this host would adopt it; `served` is what its port answered. */
export const engineOf = (
  container: RunningContainer,
  home: string,
  served: { readonly id: string; readonly root: string | null } | null,
  host: Pick<Host, 'hfCache'> & { readonly name: HostName },
): Adopted | null => {
  const place = stranger(host)
  return adoptedModel(container.seen, { host: place, home, hosts: [place], settings: { launch_s: 3600, launch_stall_s: 900 }, catalog: [], served })
}

function enginePorts(container: RunningContainer, home: string): number[] {
  const port = engineOf(container, home, null, { name: 'spark', hfCache: '~' })?.port
  return port === null || port === undefined ? [] : [port]
}

/** A host of which nothing was configured yet. */
const stranger = ({ name, hfCache }: Pick<Host, 'hfCache' | 'name'>): Host => ({
  ...{ name, address: name, port: 22, user: 'spark', vllmPort: 0, stateDir: '~', launcherDir: '~', hfCache, container: null },
  ...{ extraDockerArgs: null, fabricAddress: null, ethIf: null, ibIf: null, modelRoots: ['~'] },
})

function containerOf(inspect: unknown, images: readonly unknown[], parts: Parts): RunningContainer[] {
  const read = Inspected.safeParse(inspect)
  if (!read.success || read.data.State?.Running !== true) return []
  const { Name, Config, Image: imageId, HostConfig } = read.data
  const image = images.find((one) => {
    const known = Image.safeParse(one)
    return known.success && (known.data.Id === imageId || known.data.RepoTags?.includes(Config.Image) === true)
  })
  const ports = Object.values(HostConfig?.PortBindings ?? {}).flatMap((bound) => (bound ?? []).map(({ HostPort }) => Number(HostPort ?? 0)))
  const commands = commandsOf(parts.anyText(`top ${Name}`), parts.anyText(`argv ${Name}`))
  return [
    {
      name: Name,
      image: Config.Image,
      ports: ports.filter((port) => Number.isInteger(port) && port > 0 && port < 65_536),
      seen: { inspect, imageEnv: imageEnvOf(image), commands },
    },
  ]
}
