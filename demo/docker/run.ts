import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Call } from '../door.ts'
import type { HostDisk } from '../disk.ts'
import type { Container, ContainerSpec, RestartPolicy } from './container.ts'
import type { DockerDaemon } from './daemon.ts'
import { daemonError, DockerError, parseFlags, splitOnce } from './flags.ts'
import type { FlagTable, Parsed } from './flags.ts'
import { bindOfMount, hostConfigOf } from './host-config.ts'

const runFlags: FlagTable = {
  'add-host': {},
  annotation: {},
  'cap-add': {},
  'cap-drop': {},
  'cgroup-parent': {},
  cpus: {},
  'cpuset-cpus': {},
  detach: { short: 'd', bare: true },
  device: {},
  entrypoint: {},
  env: { short: 'e' },
  'env-file': {},
  gpus: {},
  'health-cmd': {},
  hostname: { short: 'h' },
  init: { bare: true },
  interactive: { short: 'i', bare: true },
  ipc: {},
  label: { short: 'l' },
  'log-driver': {},
  'log-opt': {},
  memory: { short: 'm' },
  'memory-swap': {},
  mount: {},
  name: {},
  net: {},
  network: {},
  'no-healthcheck': { bare: true },
  'oom-score-adj': {},
  pid: {},
  'pids-limit': {},
  platform: {},
  privileged: { bare: true },
  publish: { short: 'p' },
  pull: {},
  quiet: { short: 'q', bare: true },
  'read-only': { bare: true },
  restart: {},
  rm: { bare: true },
  runtime: {},
  'security-opt': {},
  'shm-size': {},
  'stop-signal': {},
  'stop-timeout': {},
  tmpfs: {},
  tty: { short: 't', bare: true },
  ulimit: {},
  user: { short: 'u' },
  volume: { short: 'v' },
  workdir: { short: 'w' },
}

/** `docker run`: makes a container and starts it; with `--detach` prints its id, otherwise stays with it until it ends. */
export async function run(daemon: DockerDaemon, call: Call, args: readonly string[], disk: HostDisk): Promise<number> {
  const flags = parseFlags('run', runFlags, args, true)
  const container = daemon.create(specOf(daemon, call, flags, disk))
  if (flags.has('detach')) {
    daemon.start(container)
    call.out(`${container.id}\n`)
    return 0
  }
  const stop = new AbortController()
  const followed = attach(container, call, stop.signal)
  daemon.start(container)
  await followed
  await container.ended
  return container.exitCode
}

async function attach(container: Container, call: Call, until: AbortSignal): Promise<void> {
  await container.log.follow((line) => call[line.from](`${line.text}\n`), AbortSignal.any([until, call.gone]))
}

function specOf(daemon: DockerDaemon, call: Call, flags: Parsed, disk: HostDisk): ContainerSpec {
  const [reference, ...cmd] = flags.words
  if (reference === undefined) throw new DockerError(`"docker run" requires at least 1 argument.\nSee 'docker run --help'.`)
  const image = daemon.images.find(reference)
  if (!image) throw missingImage(reference, flags.last('pull') ?? 'missing', call)
  const given = flags.last('entrypoint')
  const entrypoint = given === undefined ? image.entrypoint : given === '' ? [] : [given]
  if (flags.has('rm') && flags.has('restart') && flags.last('restart') !== 'no')
    throw new DockerError('docker: Conflicting options: --restart and --rm', 125)
  if (entrypoint.length + cmd.length === 0) throw daemonError('no command specified', 125)
  return {
    name: flags.last('name') ?? `quiet_${randomBytes(4).toString('hex')}`,
    image: reference,
    imageId: image.id,
    entrypoint,
    cmd,
    env: environment(flags, call),
    labels: Object.fromEntries(
      flags
        .all('label')
        .map((label) => splitOnce(label, '='))
        .map(([key, value]) => [key, value ?? '']),
    ),
    binds: [...flags.all('volume'), ...flags.all('mount').flatMap((mount) => bindOfMount(mount) ?? [])].map((bind) => disk.asSeen(bind)),
    ports: flags.all('publish'),
    network: flags.last('network') ?? flags.last('net') ?? 'bridge',
    ipc: flags.last('ipc') ?? 'private',
    privileged: flags.has('privileged'),
    autoRemove: flags.has('rm'),
    restart: restartPolicy(flags.last('restart') ?? 'no'),
    imageEnv: image.env,
    hostname: flags.last('hostname') ?? null,
    user: flags.last('user') ?? '',
    workdir: flags.last('workdir') ?? image.workdir,
    tty: flags.has('tty'),
    stopTimeout_s: flags.last('stop-timeout') === undefined ? null : Number(flags.last('stop-timeout')),
    hostConfig: hostConfigOf(flags),
  }
}

/** The environment that `--env-file` and `--env` make: a name without a value takes the caller's. Also for `docker exec`. */
export function environment(flags: Parsed, call: Call): Record<string, string> {
  const rows = flags.all('env-file').flatMap((file) => fileRows(join(file.startsWith('/') ? '/' : call.cwd, file), file))
  const env: Record<string, string> = {}
  for (const row of [...rows, ...flags.all('env')]) {
    const [name, value] = splitOnce(row, '=')
    const taken = value ?? call.env[name]
    if (taken !== undefined) env[name] = taken
  }
  return env
}

function fileRows(file: string, asGiven: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((row) => row.trim() !== '' && !row.startsWith('#'))
  } catch {
    throw new DockerError(`docker: open ${asGiven}: no such file or directory.\nSee 'docker run --help'.`, 125)
  }
}

function missingImage(reference: string, pull: string, call: Call): DockerError {
  const withTag = reference.includes(':', reference.lastIndexOf('/') + 1) ? reference : `${reference}:latest`
  if (pull === 'never') return daemonError(`No such image: ${withTag}`, 125)
  call.err(`Unable to find image '${withTag}' locally\n`)
  const repository = withTag.slice(0, withTag.lastIndexOf(':'))
  return daemonError(
    `pull access denied for ${repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    125,
  )
}

function restartPolicy(text: string): RestartPolicy {
  const [name, most] = splitOnce(text, ':')
  if (name === 'no' || name === 'always' || name === 'unless-stopped' || name === 'on-failure') return { name, most: Number(most ?? 0) }
  throw daemonError(`invalid restart policy: unknown policy '${text}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`, 125)
}
