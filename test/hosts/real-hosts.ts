import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { dockerEngine } from './docker-engine.ts'
import { HostEvent } from './host-events.ts'

export type HostName = 'spark-a' | 'spark-b'
export type RealHost = {
  readonly name: HostName
  readonly address: string
  readonly sshPort: number
  readonly user: string
  readonly vllmPort: number
  /** As it stands in known_hosts: `10.99.1.11 ssh-ed25519 AAAA…` */
  readonly hostKeyLine: string
}
/** All that a test process needs to know; plain data, so that vitest can hand it over. */
export type HostsFacts = { readonly hosts: readonly RealHost[]; readonly clientKeyPath: string; readonly knownHostsPath: string }
export type CutKind = 'drop' | 'link' | 'reset'
/** How a command ended. `code` is null where it was killed, at the latest by the limit. */
export type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const script = fileURLToPath(new URL('netns-hosts.sh', import.meta.url))
const state = '/run/spark-control-hosts'
const addresses = { 'spark-a': '10.99.1.11', 'spark-b': '10.99.1.12' } as const satisfies Record<HostName, string>
const idleMeminfoKb = { total: 127_600_748, available: 118_500_000 }

const run = (file: string, argv: readonly string[], limitSeconds: number): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = execFile(file, argv, { timeout: limitSeconds * 1000, killSignal: 'SIGKILL', maxBuffer: 32 * 1024 * 1024 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
    child.stdin?.end()
  })

async function must(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await run(script, argv, 90)
  if (code !== 0) throw new Error(`netns-hosts.sh ${argv.join(' ')}: ${stderr.trim() || `exit ${code ?? 'unknown'}`}`)
}

/** The two hosts, from a test's side: what can be done to them, and what they themselves say happened. */
export class RealHosts {
  readonly facts: HostsFacts
  constructor(facts: HostsFacts) {
    this.facts = facts
  }

  host(name: HostName): RealHost {
    const found = this.facts.hosts.find((host) => host.name === name)
    if (found === undefined) throw new Error(`no host is named ${name}`)
    return found
  }

  /** Cuts the host off the network. Until `heal`. */
  cut(name: HostName, kind: CutKind): Promise<void> {
    return must('cut', name, kind)
  }
  heal(name: HostName): Promise<void> {
    return must('heal', name)
  }
  /** Cuts the power: nothing on the host gets to clean up. The disk stays. */
  off(name: HostName): Promise<void> {
    return must('off', name)
  }
  on(name: HostName): Promise<void> {
    return must('on', name)
  }
  reboot(name: HostName): Promise<void> {
    return must('reboot', name)
  }
  /** Stops every process of the host where it stands; the kernel still accepts TCP. Until `thaw`. */
  freeze(name: HostName): Promise<void> {
    return must('freeze', name)
  }
  thaw(name: HostName): Promise<void> {
    return must('thaw', name)
  }
  /** Fills the disk to its last block. Until `emptyDisk`. */
  fillDisk(name: HostName): Promise<void> {
    return must('fill', name)
  }
  emptyDisk(name: HostName): Promise<void> {
    return must('unfill', name)
  }

  /** Runs a command as the host's root, past SSH and the network. Ends with 69 where the host is off or frozen. */
  exec(name: HostName, argv: readonly string[], limitSeconds = 60): Promise<Outcome> {
    return run(script, ['exec', name, ...argv], limitSeconds)
  }

  /** Runs a command line over OpenSSH's client with the pinned host key. Ends with 255 where SSH itself failed. */
  ssh(name: HostName, commandLine: string, limitSeconds = 60): Promise<Outcome> {
    const { address, user } = this.host(name)
    const options = [
      `UserKnownHostsFile=${this.facts.knownHostsPath}`,
      'StrictHostKeyChecking=yes',
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'ConnectTimeout=3',
    ]
    const words = [
      '-F',
      '/dev/null',
      '-i',
      this.facts.clientKeyPath,
      ...options.flatMap((option) => ['-o', option]),
      `${user}@${address}`,
      commandLine,
    ]
    return run('ssh', words, limitSeconds)
  }

  /** The host's own record of what ran on it, oldest first. Readable whatever state the host is in. */
  async events(name: HostName): Promise<HostEvent[]> {
    const text = await readFile(`${state}/${name}/engine-events.jsonl`, 'utf8')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => HostEvent.parse(JSON.parse(line)))
  }

  /** What /proc/meminfo says from now on to those who read it on the host (containers see the machine's own). */
  async setMeminfo(name: HostName, { totalKb = idleMeminfoKb.total, availableKb = idleMeminfoKb.available } = {}): Promise<void> {
    const rows = { MemTotal: totalKb, MemFree: Math.max(0, availableKb - 6_100_000), MemAvailable: availableKb, Buffers: 20_000, Cached: 6_000_000 }
    const lines = Object.entries({ ...rows, SwapTotal: 0, SwapFree: 0 }).map(([key, kb]) => `${`${key}:`.padEnd(15)} ${String(kb).padStart(9)} kB\n`)
    await writeFile(`${state}/${name}/meminfo`, lines.join('')) // in place: the file is bound into the host
  }

  /** How long a model loads on this host, where neither its name (`load-<seconds>s`) nor the container's ENGINE_LOAD_S says otherwise. */
  setLoadSeconds(name: HostName, seconds: number): Promise<void> {
    return writeFile(`${state}/${name}/load_s`, String(seconds))
  }

  /** Puts a model's files on the host: a Hugging Face repo into the cache, an absolute path as that folder. */
  async addModel(name: HostName, model: string): Promise<void> {
    const cache = `/root/.cache/huggingface/hub/models--${model.replaceAll('/', '--')}`
    const folder = model.startsWith('/') ? model : `${cache}/snapshots/0123456789abcdef`
    const refs = model.startsWith('/') ? '' : `mkdir -p '${cache}/refs' && printf 0123456789abcdef > '${cache}/refs/main' && `
    const files = `cd '${folder}' && echo '{"architectures": ["LlamaForCausalLM"]}' > config.json && echo weights > model.safetensors`
    const { code, stderr } = await this.exec(name, ['bash', '-c', `mkdir -p '${folder}' && ${refs}${files}`])
    if (code !== 0) throw new Error(`could not put ${model} on ${name}: ${stderr}`)
  }

  /** Gives the host another SSH host key, as a reinstalled or a false host has. Until `restoreHostKey`. */
  async changeHostKey(name: HostName): Promise<void> {
    await this.#sshd(name, 'mv -n $K $K.first && mv -n $K.pub $K.pub.first && rm -f $K $K.pub && ssh-keygen -q -t ed25519 -N "" -f $K')
  }
  async restoreHostKey(name: HostName): Promise<void> {
    await this.#sshd(name, '! test -e $K.first || { mv $K.first $K && mv $K.pub.first $K.pub; }')
  }
  /** Changes something about sshd while it is down; running sessions go on. */
  async #sshd(name: HostName, change: string): Promise<void> {
    const restart = 'kill $(cat /run/sshd.pid) && while test -e /run/sshd.pid; do sleep 0.02; done && /usr/sbin/sshd -E /var/log/sshd.log'
    const { code, stderr } = await this.exec(name, ['bash', '-c', `K=/etc/ssh/ssh_host_ed25519_key; ${change} && ${restart}`])
    if (code !== 0) throw new Error(`could not change sshd of ${name}: ${stderr}`)
  }

  /** Undoes every fault and empties the hosts: on, connected, awake, no container, no fence, idle memory, 1 s loads. The models and the record stay. */
  async restoreAll(): Promise<void> {
    await Promise.all(this.facts.hosts.map((host) => this.#restore(host.name)))
  }
  async #restore(name: HostName): Promise<void> {
    await this.emptyDisk(name)
    if (!existsSync(`/run/netns/${name}`)) await this.on(name)
    await this.thaw(name)
    await this.heal(name)
    await this.restoreHostKey(name)
    await this.setMeminfo(name)
    await this.setLoadSeconds(name, 1)
    const clear = 'ids=$(docker ps -aq) && { test -z "$ids" || docker rm -f $ids; } && find /var/lib/spark-control -mindepth 1 -delete'
    const { code, stderr } = await this.exec(name, ['bash', '-c', clear])
    if (code !== 0) throw new Error(`could not clear ${name}: ${stderr}`)
  }
}

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
  const holder = spawn(script, ['hold', '600'], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: holder.stdout })) if (line === 'held') return holder
  throw new Error('the hosts are used by somebody else, or a killed run could not be cleared (see above)')
}

/** Brings both hosts up, each with the image `vllm-node` and launch-cluster.sh. Throws when this machine cannot carry them (ready.ts says why). */
export async function upHosts(): Promise<HeldHosts> {
  const engine = await dockerEngine()
  const holder = await hold()
  try {
    await must('up', engine, process.execPath)
    const knownHostsPath = `${state}/known_hosts`
    const lines = (await readFile(knownHostsPath, 'utf8')).split('\n')
    const hosts = (['spark-a', 'spark-b'] as const).map((name) => {
      const address = addresses[name]
      const hostKeyLine = lines.find((line) => line.startsWith(`${address} `)) ?? ''
      return { name, address, sshPort: 22, user: 'root', vllmPort: 8888, hostKeyLine }
    })
    return new HeldHosts({ hosts, clientKeyPath: `${state}/client`, knownHostsPath }, holder)
  } catch (trouble) {
    await letGo(holder)
    throw trouble
  }
}
