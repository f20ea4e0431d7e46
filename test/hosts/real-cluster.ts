import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { ControlPlane } from '../faults/control-plane.ts'
import { engineEvents, type EngineEvent } from '../faults/invariants.ts'
import type { HostEvent } from './host-events.ts'
import type { HostName, RealHosts } from './real-hosts.ts'

const launchers = ['docker', 'spark-vllm-docker'] as const
const limits = { preflight_s: 60, drain_s: 0, stop_s: 60, launch_s: 90, launch_stall_s: 60, warm_s: 30, validate_s: 30 }

/** As an owner starts it by hand, told whose it is so that the host's record can say so. */
const ownCommands = {
  start:
    'docker run -d --name mine --network host --ipc host --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface -e SPARK_SWAP -e SPARK_FENCE -e SPARK_STEP --entrypoint= vllm-node vllm serve "$SPARK_WEIGHTS" --port "$SPARK_PORT" --served-model-name "$SPARK_SERVED_NAME"',
  stop: 'docker rm -f mine',
  status: "docker ps --format '{{.Names}}' | grep -qx mine",
}

/** The stage's models in a catalog, each with either launcher: `first-docker`, `oom-spark-vllm-docker`, …; one by its own commands, and one on both hosts: `pair-docker`, … */
const catalog: Readonly<Record<string, object>> = {
  'second-command': { repo: 'spark-test/second', launcher: 'command', launch: ownCommands },
  ...Object.fromEntries(
    launchers.map((launcher) => [
      `pair-${launcher}`,
      { repo: 'spark-test/first', launcher, image: 'vllm-node', placement: ['spark-a', 'spark-b'], knobs: { tensor_parallel_size: 2 } },
    ]),
  ),
  ...Object.fromEntries(
    ['first', 'second', 'oom', 'unsupported-arch', 'crash-in-warmup'].flatMap((name) =>
      launchers.map((launcher) => [`${name}-${launcher}`, { repo: `spark-test/${name}`, launcher, image: 'vllm-node' }]),
    ),
  ),
}

/** The two real hosts under a control plane of processes, configured as an owner of two Sparks would. Whoever starts it closes it. */
export class RealCluster {
  readonly plane: ControlPlane
  readonly clusterId: string
  readonly keysDir: string
  readonly #hosts: RealHosts
  readonly #dataDir: string
  readonly #begun: Readonly<Record<HostName, number>>

  /** Empties the hosts first. */
  static async start(hosts: RealHosts, models: object = catalog): Promise<RealCluster> {
    await hosts.restoreAll()
    const dataDir = mkdtempSync(join(tmpdir(), 'spark-real-'))
    const clusterId = `real-${randomBytes(4).toString('hex')}`
    writeKeys(join(dataDir, 'keys'), hosts)
    writeConfig(join(dataDir, 'config'), clusterId, hosts, models)
    const begun = { 'spark-a': (await hosts.events('spark-a')).length, 'spark-b': (await hosts.events('spark-b')).length }
    return new RealCluster(await ControlPlane.start(dataDir), clusterId, hosts, dataDir, begun)
  }

  private constructor(plane: ControlPlane, clusterId: string, hosts: RealHosts, dataDir: string, begun: Readonly<Record<HostName, number>>) {
    this.plane = plane
    this.clusterId = clusterId
    this.keysDir = join(dataDir, 'keys')
    this.#hosts = hosts
    this.#dataDir = dataDir
    this.#begun = begun
  }

  /** The host's own record since this cluster began. */
  async record(host: HostName): Promise<HostEvent[]> {
    return (await this.#hosts.events(host)).slice(this.#begun[host])
  }

  async engines(host: HostName): Promise<EngineEvent[]> {
    return engineEvents(await this.record(host))
  }

  /** Waits for something in the host's own record. */
  async until(host: HostName, seen: (record: readonly HostEvent[]) => boolean): Promise<void> {
    while (!seen(await this.record(host))) await pause(50)
  }

  /** What a client of the model's port is told, or null when nobody answers. */
  async servedRoot(host: HostName): Promise<string | null> {
    const { address, vllmPort } = this.#hosts.host(host)
    try {
      const answer = await fetch(`http://${address}:${vllmPort}/v1/models`, { signal: AbortSignal.timeout(2_000) })
      const { data } = (await answer.json()) as { data: { root: string }[] } // vLLM's format
      return data[0]?.root ?? null
    } catch {
      return null
    }
  }

  async close(): Promise<void> {
    await this.plane.close()
    await this.#hosts.restoreAll()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }
}

function writeKeys(dir: string, hosts: RealHosts): void {
  mkdirSync(dir, { mode: 0o700 })
  copyFileSync(hosts.facts.clientKeyPath, join(dir, 'id_ed25519'))
  chmodSync(join(dir, 'id_ed25519'), 0o600)
  copyFileSync(hosts.facts.knownHostsPath, join(dir, 'known_hosts'))
}

function writeConfig(dir: string, clusterId: string, hosts: RealHosts, models: object): void {
  mkdirSync(dir)
  const cluster = {
    cluster_id: clusterId,
    hosts: hosts.facts.hosts.map(({ name, address, sshPort, user, vllmPort }) => ({
      ...{ name, address, port: sshPort, user, vllm_port: vllmPort },
      ...{ fabric_address: address, eth_if: 'eth0', ib_if: 'eth0' },
    })),
    default_placement: ['spark-a'],
    settings: limits,
  }
  writeFileSync(join(dir, 'cluster.yaml'), stringify(cluster))
  writeFileSync(join(dir, 'models.yaml'), stringify({ models }))
}
