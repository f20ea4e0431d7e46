import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { configSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'
import { demoModels } from '../../demo/catalog.ts'
import { hostEntry } from '../../demo/config-files.ts'
import { Fabric } from '../../demo/fabric/fabric.ts'
import { startDemoHost, type DemoHost } from '../../demo/host.ts'
import { makeKey } from '../../demo/keys.ts'
import type { Cluster } from '../../domain/cluster.ts'
import { ControlPlane, type PlaneOptions } from './control-plane.ts'
import { engineEvents, type EngineEvent, type RecordLine } from './invariants.ts'

export interface WorldOptions extends PlaneOptions {
  readonly hosts: readonly string[]
  /** How long models load, in seconds; `behave` of a host changes it. */
  readonly load_s?: number
  /** Further entries of models.yaml. */
  readonly models?: Readonly<Record<string, object>>
  readonly settings?: Readonly<Record<string, unknown>>
}

/** Limits that no slow machine meets, and no test waits for. */
const patient = { preflight_s: 60, drain_s: 0, stop_s: 90, launch_s: 120, launch_stall_s: 90, warm_s: 60, validate_s: 60 }

/** All parts of the demo hosts but loading are so much faster than a real Spark. */
export const timeScale = 0.05

/** A cluster of demo hosts in this process, and the control plane that changes them as processes of their own. Whoever starts it closes it. */
export class World {
  readonly clusterId: string
  readonly plane: ControlPlane
  readonly hosts: readonly DemoHost[]
  readonly #dataDir: string

  static async start(options: WorldOptions): Promise<World> {
    const dataDir = mkdtempSync(join(tmpdir(), 'spark-world-'))
    const keysDir = join(dataDir, 'keys')
    mkdirSync(keysDir, { mode: 0o700 })
    const client = makeKey(join(keysDir, 'id_ed25519'), 'world')
    const common = { fabric: new Fabric(), load_s: options.load_s ?? 0.3, timeScale, authorizedKeys: [client.publicKey] }
    const hosts = await Promise.all(options.hosts.map((name) => startDemoHost({ ...common, name, dir: join(dataDir, 'hosts', name) })))
    const clusterId = `world-${randomBytes(4).toString('hex')}`
    writeFileSync(join(keysDir, 'known_hosts'), hosts.map((host) => `[127.0.0.1]:${host.sshPort} ${host.hostKey}\n`).join(''))
    writeConfig(join(dataDir, 'config'), clusterId, hosts, options)
    return new World(clusterId, await ControlPlane.start(dataDir, options), hosts, dataDir)
  }

  private constructor(clusterId: string, plane: ControlPlane, hosts: readonly DemoHost[], dataDir: string) {
    this.clusterId = clusterId
    this.plane = plane
    this.hosts = hosts
    this.#dataDir = dataDir
  }

  /** Commands to the hosts from this process, past the control plane, with its own key. Whoever asks for it closes it. */
  reachHosts(): Hosts {
    const places = placesFrom({ SPARK_DATA_DIR: this.#dataDir })
    const config = configSource(places, {})
    const cluster = (): Cluster => {
      const { cluster } = config.read()
      if (cluster === null) throw new Error('the world has no cluster.yaml')
      return cluster
    }
    return createHosts({ cluster, keysDir: places.keysDir })
  }

  host(name: string): DemoHost {
    const found = this.hosts.find((host) => host.name === name)
    if (found === undefined) throw new Error(`no host is named ${name}`)
    return found
  }

  /** A host's own record, oldest first. */
  record(host: string): (RecordLine & { readonly seq: number })[] {
    const lines = readFileSync(this.host(host).eventsFile, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as RecordLine & { seq: number }) // the demo's own format
  }

  engines(host: string): EngineEvent[] {
    return engineEvents(this.record(host))
  }

  /** The log of a swap, as the worker wrote it. */
  swapLog(swapId: string): string {
    return readFileSync(join(this.#dataDir, 'logs', `${swapId}.log`), 'utf8')
  }

  async close(): Promise<void> {
    await this.plane.close()
    await Promise.all(this.hosts.map((host) => host.close()))
    rmSync(this.#dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function writeConfig(dir: string, clusterId: string, hosts: readonly DemoHost[], { models, settings }: WorldOptions): void {
  mkdirSync(dir, { recursive: true })
  const cluster = {
    cluster_id: clusterId,
    hosts: hosts.map(hostEntry),
    default_placement: hosts.slice(0, 1).map(({ name }) => name),
    settings: { ...patient, ...settings },
  }
  const catalog = Object.fromEntries(demoModels.map(({ key, stored: _, ...entry }) => [key, { ...entry, image: 'vllm-node' }]))
  writeFileSync(join(dir, 'cluster.yaml'), stringify(cluster))
  writeFileSync(join(dir, 'models.yaml'), stringify({ models: { ...catalog, ...models } }))
}
