import { published } from './host-config.ts'
import { nameAndTag } from './images.ts'
import type { Image } from './images.ts'
import type { Container } from './container.ts'

const never = '0001-01-01T00:00:00Z'

/** One element of what `docker inspect` prints. */
export function inspection(container: Container): object {
  const { spec, state } = container
  const [path = '', ...args] = container.argv
  return {
    Id: container.id,
    Created: container.createdAt.toISOString(),
    Path: path,
    Args: args,
    State: {
      Status: state,
      Running: container.running,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: container.running ? (container.programs[0]?.pid ?? 0) : 0,
      ExitCode: container.exitCode,
      Error: '',
      StartedAt: container.startedAt?.toISOString() ?? never,
      FinishedAt: container.finishedAt?.toISOString() ?? never,
    },
    Image: spec.imageId,
    Name: `/${spec.name}`,
    RestartCount: container.restarts,
    Driver: 'overlay2',
    Platform: 'linux',
    Mounts: spec.binds.map((bind) => {
      const [source = '', destination = '', mode = ''] = bind.split(':')
      const rest = { Source: source, Destination: destination, Mode: mode, RW: !mode.split(',').includes('ro') }
      return source.startsWith('/') ? { Type: 'bind', ...rest, Propagation: 'rprivate' } : { Type: 'volume', Name: source, Driver: 'local', ...rest }
    }),
    HostConfig: {
      Binds: spec.binds.length > 0 ? spec.binds : null,
      NetworkMode: spec.network,
      RestartPolicy: { Name: spec.restart.name, MaximumRetryCount: spec.restart.most },
      AutoRemove: spec.autoRemove,
      Privileged: spec.privileged,
      IpcMode: spec.ipc,
      PortBindings: bindings(container),
      DeviceRequests: spec.hostConfig.deviceRequests,
      Ulimits: spec.hostConfig.ulimits.length > 0 ? spec.hostConfig.ulimits : null,
      ShmSize: spec.hostConfig.shmSize,
      Memory: spec.hostConfig.memory,
      MemorySwap: spec.hostConfig.memorySwap,
      PidsLimit: spec.hostConfig.pidsLimit,
      PidMode: spec.hostConfig.pid,
      CapAdd: spec.hostConfig.capAdd,
      CapDrop: spec.hostConfig.capDrop,
      Devices: spec.hostConfig.devices,
      SecurityOpt: spec.hostConfig.securityOpt ?? (spec.privileged ? ['label=disable'] : null),
      ExtraHosts: spec.hostConfig.extraHosts,
      Runtime: spec.hostConfig.runtime,
      LogConfig: { Type: 'json-file', Config: {} },
      ...(spec.hostConfig.init && { Init: true }),
      ...(spec.hostConfig.mounts.length > 0 && { Mounts: spec.hostConfig.mounts }),
    },
    Config: {
      Hostname: spec.hostname ?? container.id.slice(0, 12),
      User: spec.user,
      Tty: spec.tty,
      WorkingDir: spec.workdir,
      ...(spec.stopTimeout_s !== null && { StopTimeout: spec.stopTimeout_s }),
      Env: [
        ...Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
        ...spec.imageEnv.filter((row) => !(row.slice(0, row.indexOf('=')) in spec.env)),
      ],
      Cmd: spec.cmd.length > 0 ? spec.cmd : null,
      Image: spec.image,
      Entrypoint: spec.entrypoint.length > 0 ? spec.entrypoint : null,
      Labels: spec.labels,
    },
    NetworkSettings: { Ports: bindings(container), Networks: { [spec.network]: {} } },
  }
}

function bindings({ spec }: Container): object {
  const rows = spec.ports.map((port) => published(port))
  return Object.fromEntries(rows.map(({ inside, outside, address }) => [`${String(inside)}/tcp`, [{ HostIp: address, HostPort: String(outside) }]]))
}

/** One line of `docker ps`, as its templates see it. */
export function row(container: Container, whole: boolean): Record<string, unknown> {
  const { spec } = container
  const command = container.argv.join(' ')
  const shown = whole || command.length <= 20 ? command : `${command.slice(0, 19)}…`
  return {
    Command: `"${shown}"`,
    CreatedAt: container.createdAt.toISOString().replace('T', ' ').replace(/\..*/, ' +0000 UTC'),
    ID: whole ? container.id : container.id.slice(0, 12),
    Image: spec.image,
    Labels: Object.entries(spec.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: '0',
    Mounts: spec.binds.map((bind) => bind.split(':')[0]).join(','),
    Names: spec.name,
    Networks: spec.network,
    Ports: spec.ports
      .map((port) => published(port))
      .map(({ inside, outside, address }) => `${address || '0.0.0.0'}:${String(outside)}->${String(inside)}/tcp`)
      .join(', '),
    RunningFor: `${ago(container.createdAt, container.now())} ago`,
    Size: '0B',
    State: container.state,
    Status: status(container),
  }
}

/** One line of `docker images`, as its templates see it. */
export function imageRow(image: Image, whole: boolean): Record<string, unknown> {
  return {
    Containers: 'N/A',
    CreatedAt: image.created.toISOString().replace('T', ' ').replace(/\..*/, ' +0000 UTC'),
    CreatedSince: `${ago(image.created)} ago`,
    Digest: '<none>',
    ID: whole ? image.id : image.id.slice(7, 19),
    Repository: image.name,
    SharedSize: 'N/A',
    Size: 'N/A',
    Tag: image.tag,
  }
}

/** One element of what `docker image inspect` prints. */
export function imageInspection(image: Image): object {
  return {
    Id: image.id,
    RepoTags: [`${image.name}:${image.tag}`],
    RepoDigests: [],
    Created: image.created.toISOString(),
    Architecture: 'arm64',
    Os: 'linux',
    Config: { Entrypoint: image.entrypoint.length > 0 ? image.entrypoint : null, Cmd: null, Env: image.env, WorkingDir: image.workdir, Labels: {} },
  }
}

/** `vllm-node` and `vllm-node:latest` are the same image. */
export function sameImage(a: string, b: string): boolean {
  return nameAndTag(a).join(':') === nameAndTag(b).join(':')
}

function status(container: Container): string {
  if (container.running) return `Up ${ago(container.startedAt ?? container.createdAt, container.now())}`
  if (container.state === 'created') return 'Created'
  if (container.state === 'removing') return 'Removal In Progress'
  return `Exited (${String(container.exitCode)}) ${ago(container.finishedAt ?? container.createdAt, container.now())} ago`
}

function ago(since: Date, now = new Date()): string {
  const seconds = Math.floor((now.getTime() - since.getTime()) / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds < 60) return seconds === 1 ? '1 second' : `${String(seconds)} seconds`
  if (seconds < 3600) return seconds < 120 ? 'About a minute' : `${String(Math.floor(seconds / 60))} minutes`
  if (seconds < 48 * 3600) return seconds < 7200 ? 'About an hour' : `${String(Math.floor(seconds / 3600))} hours`
  return `${String(Math.floor(seconds / 86400))} days`
}
