import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { dockerEngine } from './docker-engine.ts'
import { RealHosts, type HostName, type HostsFacts } from './real-hosts.ts'
import { must, stageScript, stateFolder } from './stage-script.ts'

const addresses = { 'spark-a': '10.99.1.11', 'spark-b': '10.99.1.12' } as const satisfies Record<HostName, string>

/** The hosts, for the one who brought them up: only they may take them down. */
export class HeldHosts extends RealHosts {
  readonly #holder: ChildProcess
  constructor(facts: HostsFacts, holder: ChildProcess) {
    super(facts)
    this.#holder = holder
  }

  /** Ends everything on both hosts and removes every trace of them from this machine. Runs by itself when this process ends, however it ends. */
  down(): Promise<void> {
    return letGo(this.#holder)
  }
}

function letGo(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    if (holder.exitCode !== null) return resolve()
    holder.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`netns-hosts.sh hold ended with ${code ?? 'a signal'}`))))
    holder.stdin?.end()
  })
}

/** Waits until nobody else uses the hosts, and clears what a killed user left. The hosts are held as long as this process lives, or until `letGo`. */
async function hold(): Promise<ChildProcess> {
  // a process group of its own: Ctrl-C on the tests must not kill the one that cleans up after them
  const holder = spawn(stageScript, ['hold', '600'], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: holder.stdout })) if (line === 'held') return holder
  throw new Error('the hosts are used by somebody else, or a killed run could not be cleared (see above)')
}

/**
 * Brings both hosts up, each with the image `vllm-node` and launch-cluster.sh; a folder to share is at /mnt/shared of both, to be read. Throws when this
 * machine cannot carry them (ready.ts says why).
 */
export async function upHosts(share?: string): Promise<HeldHosts> {
  const engine = await dockerEngine()
  const holder = await hold()
  try {
    await must('up', engine, process.execPath, ...(share === undefined ? [] : [share]))
    const knownHostsPath = `${stateFolder}/known_hosts`
    const lines = (await readFile(knownHostsPath, 'utf8')).split('\n')
    const hosts = (['spark-a', 'spark-b'] as const).map((name) => {
      const address = addresses[name]
      const hostKeyLine = lines.find((line) => line.startsWith(`${address} `)) ?? ''
      return { name, address, sshPort: 22, user: 'root', vllmPort: 8888, hostKeyLine }
    })
    return new HeldHosts({ hosts, clientKeyPath: `${stateFolder}/client`, knownHostsPath }, holder)
  } catch (trouble) {
    await letGo(holder)
    throw trouble
  }
}
