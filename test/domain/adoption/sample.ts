import type { AdoptionPlace } from '../../../domain/adoption/adopted-model.ts'
import type { SeenContainer } from '../../../domain/adoption/look.ts'
import { spark1 } from '../launchers/sample.ts'

export const place: AdoptionPlace = {
  host: spark1,
  home: '/home/spark',
  hosts: [spark1],
  settings: { launch_s: 3600, launch_stall_s: 900 },
  catalog: [],
  served: null,
}

interface Shape {
  readonly name?: string
  readonly command: readonly string[]
  readonly env?: readonly string[]
  readonly binds?: readonly string[]
  readonly host?: Readonly<Record<string, unknown>>
  readonly image?: string
  readonly processes?: readonly (readonly string[])[]
  readonly imageEnv?: readonly string[] | null
}

const standardCaches = ['/home/spark/.cache/huggingface:/root/.cache/huggingface', '/home/spark/.cache/vllm:/root/.cache/vllm']

/** A container as `docker inspect` tells of it, in the fields that a real engine gives. */
export function container(shape: Shape): SeenContainer {
  const [Path = '', ...Args] = shape.command
  const inspect = {
    Id: 'f'.repeat(64),
    Created: '2026-09-01T10:00:00.123456789Z',
    Path,
    Args,
    State: { Status: 'running', Running: true, Pid: 4242, ExitCode: 0, StartedAt: '2026-09-01T10:00:01Z' },
    Image: `sha256:${'a'.repeat(64)}`,
    Name: `/${shape.name ?? 'vllm-gemma4'}`,
    Mounts: (shape.binds ?? standardCaches).map((bind) => {
      const [Source = '', Destination = '', Mode = ''] = bind.split(':')
      return { Type: 'bind', Source, Destination, Mode, RW: Mode !== 'ro', Propagation: 'rprivate' }
    }),
    HostConfig: {
      NetworkMode: 'host',
      IpcMode: 'host',
      Privileged: false,
      AutoRemove: false,
      PortBindings: {},
      RestartPolicy: { Name: 'no' },
      ...shape.host,
    },
    Config: { Image: shape.image ?? 'vllm/vllm-openai:latest', Env: shape.env ?? [], Labels: {}, User: '' },
  }
  return {
    inspect,
    imageEnv: shape.imageEnv === undefined ? ['PATH=/usr/bin', 'CUDA_VERSION=13.0'] : shape.imageEnv,
    commands: shape.processes ?? [shape.command],
  }
}

export const serve = (model: string, ...flags: string[]): readonly string[] => ['/usr/bin/python3', '/usr/local/bin/vllm', 'serve', model, ...flags]
