import type { Host } from '../cluster.ts'
import type { Cause } from '../errors.ts'
import type { LauncherName, Model } from '../model.ts'
import type { Argv } from '../names.ts'
import { command } from './command.ts'
import { dockerRun } from './docker.ts'
import type { LauncherFeatures } from './features.ts'
import type { LaunchMark } from './launch-mark.ts'
import { sparkVllmDocker } from './spark-vllm-docker.ts'

/** One host of a launch, and what is known of it. */
export interface LaunchNode {
  readonly host: Host
  /** The home directory of the SSH user on that host: paths of cluster.yaml may start with `~`. */
  readonly home: string
  /** What the launcher that is installed there can do; null where docker alone is used, or nobody looked. */
  readonly features: LauncherFeatures | null
}

/** All that a launcher needs to know for one command of a launch. */
export interface LaunchJob {
  readonly model: Model
  readonly mark: LaunchMark
  /** `settings.extra_docker_args`. What the model or the host has in its place wins, and the launcher sees to that. */
  readonly extraDockerArgs: string
  /** Head first; at least one. */
  readonly nodes: readonly LaunchNode[]
  /** Which of the nodes this command is for. */
  readonly rank: number
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
  /** `each`: one command a host, workers before the head. `head`: the head's command starts the workers by its own SSH. */
  readonly startedFrom: 'each' | 'head'
  /** The start on the host of that rank, detached; never a shell text of ours. */
  launch(job: LaunchJob): Argv
  /** The image that must be on each host; null where there is none, or where the probe looks for it. */
  imageOf(model: Model): string | null
  /**
   * Prints what is there of the launcher, and, given a model, of what that model wants of it. Changes nothing.
   * Null where docker alone is enough.
   */
  probe(host: Host, home: string, model?: Model): Argv | null
  /** What the probe's output says the launcher can do; null where it says nothing, and where there is no probe. */
  features(exit: LaunchExit): LauncherFeatures | null
  /** What is wrong with the launcher on this host for this model on so many hosts, judged by the output of the probe with that model. */
  probeTrouble(exit: LaunchExit, model: Model, hosts: number): Cause | null
  /** Why the start failed, judged by its output and exit code; null when nothing speaks against it (the container decides then). */
  launchTrouble(exit: LaunchExit): Cause | null
  /** Stop and status where there is no container that we know; null where there is one. Status ends with 0 while the model runs. */
  readonly commands: { stop(job: LaunchJob): Argv; status(job: LaunchJob): Argv } | null
}

const byName: Readonly<Record<LauncherName, Launcher>> = { docker: dockerRun, 'spark-vllm-docker': sparkVllmDocker, command }

export const launcherOf = (model: Pick<Model, 'launcher'>): Launcher => byName[model.launcher]

/** A launch on one host whose launcher nobody looked at: enough for a preview. */
export const soloJob = (
  job: Omit<LaunchJob, 'nodes' | 'rank'> & Omit<LaunchNode, 'features'> & { readonly features?: LauncherFeatures | null },
): LaunchJob => {
  const { host, home, features, ...rest } = job
  return { ...rest, nodes: [{ host, home, features: features ?? null }], rank: 0 }
}
