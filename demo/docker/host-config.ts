import { DockerError, splitOnce } from './flags.ts'
import type { Parsed } from './flags.ts'

/** What of `docker run` is kept for `inspect` alone: the simulation does not act on it. */
export interface HostConfig {
  readonly deviceRequests: readonly object[] | null
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
  readonly shmSize: number
  readonly memory: number
  readonly memorySwap: number
  readonly pidsLimit: number | null
  readonly capAdd: readonly string[] | null
  readonly capDrop: readonly string[] | null
  readonly devices: readonly object[]
  readonly securityOpt: readonly string[] | null
  readonly extraHosts: readonly string[] | null
  readonly runtime: string
  readonly pid: string
  readonly init: boolean
  readonly mounts: readonly object[]
}

const mebibyte = 1024 * 1024

export function hostConfigOf(flags: Parsed): HostConfig {
  const list = (name: string): readonly string[] | null => (flags.all(name).length > 0 ? flags.all(name) : null)
  const size = (name: string): number => sizeOf(flags.last(name) ?? '0')
  const pids = flags.last('pids-limit')
  return {
    deviceRequests: deviceRequests(flags.last('gpus')),
    ulimits: flags.all('ulimit').map(ulimit),
    shmSize: flags.last('shm-size') === undefined ? 64 * mebibyte : size('shm-size'),
    memory: size('memory'),
    memorySwap: size('memory-swap'),
    pidsLimit: pids === undefined ? null : Number(pids),
    capAdd: list('cap-add'),
    capDrop: list('cap-drop'),
    devices: flags.all('device').map((device) => {
      const [host = '', inside = host, permissions = 'rwm'] = device.split(':')
      return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: permissions }
    }),
    securityOpt: list('security-opt'),
    extraHosts: list('add-host'),
    runtime: flags.last('runtime') ?? 'runc',
    pid: flags.last('pid') ?? '',
    init: flags.has('init'),
    mounts: flags.all('mount').map(mount),
  }
}

/** `0.0.0.0:8001:8000/tcp` → host port 8001 for the container's 8000. A port alone gets the same on the host. */
export function published(port: string): { inside: number; outside: number; address: string } {
  const parts = port.replace(/\/(tcp|udp)$/, '').split(':')
  const inside = Number(parts.at(-1))
  return { inside, outside: Number(parts.at(-2) ?? inside), address: parts.length > 2 ? (parts[0] ?? '') : '' }
}

/** `--mount type=bind,source=/a,target=/b,readonly` as the bind that it is. Null for what is none. */
export function bindOfMount(text: string): string | null {
  const fields = Object.fromEntries(text.split(',').map((part) => splitOnce(part, '=')))
  const [source, target] = [fields['source'] ?? fields['src'], fields['target'] ?? fields['dst'] ?? fields['destination']]
  if ((fields['type'] ?? 'volume') !== 'bind' || source === undefined || target === undefined) return null
  return `${source}:${target}${'readonly' in fields || 'ro' in fields ? ':ro' : ''}`
}

function deviceRequests(gpus: string | undefined): object[] | null {
  if (gpus === undefined) return null
  const ids = /device=([\w,-]+)/.exec(gpus)?.[1]
  return [
    {
      Driver: '',
      Count: ids === undefined ? (gpus === 'all' ? -1 : Number(gpus)) : 0,
      DeviceIDs: ids?.split(',') ?? null,
      Capabilities: [['gpu']],
      Options: {},
    },
  ]
}

function ulimit(text: string): { Name: string; Soft: number; Hard: number } {
  const [name, limits = ''] = splitOnce(text, '=')
  const [soft = '', hard = soft] = limits.split(':')
  if (!/^-?\d+$/.test(soft) || !/^-?\d+$/.test(hard))
    throw new DockerError(`invalid argument "${text}" for "--ulimit" flag: invalid ulimit argument: ${text}`, 125)
  return { Name: name, Soft: Number(soft), Hard: Number(hard) }
}

function mount(text: string): object {
  const fields = Object.fromEntries(text.split(',').map((part) => splitOnce(part, '=')))
  return {
    Type: fields['type'] ?? 'volume',
    Source: fields['source'] ?? fields['src'] ?? '',
    Target: fields['target'] ?? fields['dst'] ?? fields['destination'] ?? '',
    ...(('readonly' in fields || 'ro' in fields) && { ReadOnly: true }),
  }
}

/** `64g` in bytes. */
function sizeOf(text: string): number {
  const [, amount = '', unit = ''] = /^(-?\d+)([bkmg]?)b?$/i.exec(text) ?? []
  if (amount === '') throw new DockerError(`invalid argument "${text}": invalid size: '${text}'`, 125)
  const factor = { b: 1, k: 1024, m: mebibyte, g: 1024 * mebibyte }[unit.toLowerCase() || 'b']
  return Number(amount) * (factor ?? 1)
}
