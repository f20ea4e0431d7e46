import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Host } from '../domain/cluster.ts'
import { launcherOf, soloJob } from '../domain/launchers/launcher.ts'
import { GiB, memoryNeed } from '../domain/memory.ts'
import { weightsOf, type Model } from '../domain/model.ts'
import type { ClusterId } from '../domain/names.ts'

const run = promisify(execFile)
const swapLimit_ms = 180_000
const masterLimit_ms = 10_000

export interface BareHost {
  readonly clusterId: ClusterId
  readonly host: Host
  readonly keysDir: string
  readonly memoryFloorGib: number
}

/**
 * What Spark Control is compared with: bare-swap.sh over one multiplexed SSH connection that is open before the clock starts, as the worker's is.
 * Whoever opens it closes it.
 */
export class BareScript {
  readonly #target: BareHost
  readonly #folder: string
  readonly #master: ChildProcess
  #home = ''
  #memTotalBytes = 0
  #swaps = 0

  /** Throws when there is no ssh or curl, or the host does not let us in. */
  static async open(target: BareHost): Promise<BareScript> {
    for (const tool of ['ssh', 'curl', 'bash']) {
      await run('sh', ['-c', `command -v ${tool}`]).catch(() => {
        throw new Error(`the bare script needs ${tool}`)
      })
    }
    const folder = await mkdtemp(join(tmpdir(), 'spark-bare-'))
    const { host, keysDir } = target
    const options = {
      HostName: host.address,
      Port: host.port,
      User: host.user,
      IdentityFile: join(keysDir, 'id_ed25519'),
      IdentitiesOnly: 'yes',
      UserKnownHostsFile: join(keysDir, 'known_hosts'),
      StrictHostKeyChecking: 'yes',
      BatchMode: 'yes',
      ControlPath: join(folder, 'ssh'),
    }
    const lines = Object.entries(options).map(([name, value]) => `  ${name} ${value}\n`)
    await writeFile(join(folder, 'config'), `Host spark\n${lines.join('')}`)
    const script = new BareScript(target, folder)
    try {
      await script.#connect()
      return script
    } catch (error) {
      await script.close()
      throw error
    }
  }

  private constructor(target: BareHost, folder: string) {
    this.#target = target
    this.#folder = folder
    this.#master = spawn('ssh', ['-F', this.#config, '-M', '-N', 'spark'], { stdio: 'ignore' })
  }

  get #config(): string {
    return join(this.#folder, 'config')
  }

  /**
   * One swap, in place of a model that the same launcher started: how long it took, in seconds. The container carries marks, so that Spark Control
   * takes it for one of its own and replaces it.
   */
  async swap(model: Model): Promise<number> {
    const { clusterId, host, memoryFloorGib } = this.#target
    const launcher = launcherOf(model)
    this.#swaps += 1
    const mark = { cluster: clusterId, swap: `bare-script-${this.#swaps}`, fence: 1, step: 1, attempt: 1, model: model.key }
    const words = launcher.launch(soloJob({ model, host, home: this.#home, mark, extraDockerArgs: '' }))
    const need_kib = Math.ceil(memoryNeed(model, memoryFloorGib, this.#memTotalBytes).bytes / 1024)
    const facts = [model.container, launcher.stopGraceS, host.vllmPort, need_kib, model.served_name, weightsOf(model)].map(String)
    const began = performance.now()
    await run(join(import.meta.dirname, 'bare-swap.sh'), [this.#config, ...facts, ...words], { timeout: swapLimit_ms, killSignal: 'SIGKILL' })
    return (performance.now() - began) / 1000
  }

  async close(): Promise<void> {
    if (this.#master.exitCode === null && this.#master.signalCode === null && this.#master.pid !== undefined) {
      const gone = once(this.#master, 'exit')
      this.#master.kill()
      await gone
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #connect(): Promise<void> {
    const giveUpAt = performance.now() + masterLimit_ms
    while (!(await this.#isConnected())) {
      if (this.#master.exitCode !== null || performance.now() > giveUpAt) throw new Error('ssh cannot log in on the simulated host')
      await delay(50)
    }
    const { stdout } = await run('ssh', ['-F', this.#config, 'spark', 'echo "$HOME"; cat /proc/meminfo'])
    this.#home = stdout.split('\n')[0] ?? ''
    const kib = /^MemTotal:\s+(\d+) kB/m.exec(stdout)?.[1]
    this.#memTotalBytes = kib === undefined ? 128 * GiB : Number(kib) * 1024
  }

  async #isConnected(): Promise<boolean> {
    return await run('ssh', ['-F', this.#config, '-O', 'check', 'spark']).then(
      () => true,
      () => false,
    )
  }
}
