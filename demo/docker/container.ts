import { randomBytes } from 'node:crypto'
import type { HostConfig } from './host-config.ts'
import { ContainerLog } from './log.ts'
import type { Program } from './program.ts'

export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  readonly most: number
}

/** What `docker run` asked for. */
export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly imageId: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly binds: readonly string[]
  readonly ports: readonly string[]
  readonly network: string
  readonly ipc: string
  readonly privileged: boolean
  readonly autoRemove: boolean
  readonly restart: RestartPolicy
  /** What the image brings, before `env`. */
  readonly imageEnv: readonly string[]
  readonly hostname: string | null
  readonly user: string
  readonly workdir: string
  readonly tty: boolean
  readonly stopTimeout_s: number | null
  readonly hostConfig: HostConfig
}

export type ContainerState = 'created' | 'running' | 'exited' | 'removing'

/** One container: what was asked for, what state it is in, what runs in it. The daemon alone changes it. */
export class Container {
  readonly id = randomBytes(32).toString('hex')
  readonly createdAt: Date
  readonly spec: ContainerSpec
  readonly log: ContainerLog
  /** The host's clock. */
  readonly now: () => Date
  /** All that runs in it, PID 1 first. */
  programs: Program[] = []
  state: ContainerState = 'created'
  startedAt: Date | null = null
  finishedAt: Date | null = null
  exitCode = 0
  restarts = 0
  /** Somebody stopped it by hand: `unless-stopped` then stays down. */
  stoppedByHand = false
  ended = Promise.resolve()

  constructor(spec: ContainerSpec, now: () => Date) {
    this.spec = spec
    this.now = now
    this.createdAt = now()
    this.log = new ContainerLog(now)
  }

  get argv(): readonly string[] {
    return [...this.spec.entrypoint, ...this.spec.cmd]
  }

  get running(): boolean {
    return this.state === 'running'
  }

  get hangsAtStop(): boolean {
    return this.programs.some((program) => program.hangsAtStop)
  }
}
