import type { Host } from '../cluster.ts'
import type { Cause } from '../errors.ts'
import type { LauncherName, Model } from '../model.ts'
import type { Argv } from '../names.ts'
import type { LaunchMark } from './launch-mark.ts'
import { dockerRun } from './docker.ts'
import { sparkVllmDocker } from './spark-vllm-docker.ts'

/** All that a launcher needs to know for one launch on one host. */
export interface LaunchJob {
  readonly model: Model
  readonly host: Host
  /** The home directory of the SSH user on that host: paths of cluster.yaml may start with `~`. */
  readonly home: string
  readonly mark: LaunchMark
  /** Further arguments of `docker run`, as one text (`extra_docker_args`). */
  readonly extraDockerArgs: string
}

/** What a launcher's command printed when it ended, and how. */
export interface LaunchExit {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** One way to start a model. Pure: the activities run what it plans and tell it what came out. */
export interface Launcher {
  readonly maxHosts: number
  /** How long `docker stop` waits before it kills: an engine that never hears SIGTERM is not worth waiting for. */
  readonly stopGraceS: number
  /** True when the container lives exactly as long as the engine; false when it stays `Up` after the engine died. */
  readonly containerIsEngine: boolean
  /** The start on the host, detached; never a shell text. */
  launch(job: LaunchJob): Argv
  /** Prints whether the launcher itself is on the host; null where docker alone is enough. */
  probe(host: Host, home: string): Argv | null
  /** What is wrong with the launcher on this host for this model, judged by the probe's output. */
  probeTrouble(exit: LaunchExit, model: Model): Cause | null
  /** Why the start failed, judged by its output and exit code; null when nothing speaks against it (the container decides then). */
  launchTrouble(exit: LaunchExit): Cause | null
}

const byName: Readonly<Record<LauncherName, Launcher>> = { docker: dockerRun, 'spark-vllm-docker': sparkVllmDocker }

export const launcherOf = (model: Pick<Model, 'launcher'>): Launcher => byName[model.launcher]
