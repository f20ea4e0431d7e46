import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { HostEvent } from './host-events.ts'
import { must, run, stageScript, stateFolder, type Outcome } from './stage-script.ts'

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
/** drop: packets vanish · link: the cable is out · reset: every connection is reset */
export type CutKind = 'drop' | 'link' | 'reset'

const idleMeminfoKb = { total: 127_600_748, available: 118_500_000 }

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
    return run(stageScript, ['exec', name, ...argv], limitSeconds)
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
    const text = await readFile(`${stateFolder}/${name}/engine-events.jsonl`, 'utf8')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => HostEvent.parse(JSON.parse(line)))
  }

  /** What /proc/meminfo says from now on to those who read it on the host (containers see the machine's own). */
  async setMeminfo(name: HostName, { totalKb = idleMeminfoKb.total, availableKb = idleMeminfoKb.available } = {}): Promise<void> {
    const rows = { MemTotal: totalKb, MemFree: Math.max(0, availableKb - 6_100_000), MemAvailable: availableKb, Buffers: 20_000, Cached: 6_000_000 }
    const lines = Object.entries({ ...rows, SwapTotal: 0, SwapFree: 0 }).map(([key, kb]) => `${`${key}:`.padEnd(15)} ${String(kb).padStart(9)} kB\n`)
    await writeFile(`${stateFolder}/${name}/meminfo`, lines.join('')) // in place: the file is bound into the host
  }

  /** How long a model loads on this host, where neither its name (`load-<seconds>s`) nor the container's ENGINE_LOAD_S says otherwise. */
  setLoadSeconds(name: HostName, seconds: number): Promise<void> {
    return writeFile(`${stateFolder}/${name}/load_s`, String(seconds))
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
    if ((await this.exec(name, ['docker', 'version'], 10)).code !== 0) await this.reboot(name) // a test ended dockerd
    await this.restoreHostKey(name)
    await this.setMeminfo(name)
    await this.setLoadSeconds(name, 1)
    const clear = 'ids=$(docker ps -aq) && { test -z "$ids" || docker rm -f $ids; } && find /var/lib/spark-control -mindepth 1 -delete'
    const { code, stderr } = await this.exec(name, ['bash', '-c', clear])
    if (code !== 0) throw new Error(`could not clear ${name}: ${stderr}`)
  }
}
