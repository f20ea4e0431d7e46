import type { Argv, ClusterId, SwapId } from '../names.ts'

/** Who started a container: on the docker launcher as labels and environment, on launch-cluster.sh (which takes no labels) as environment alone. */
export interface LaunchMark {
  readonly cluster: ClusterId
  readonly swap: SwapId
  readonly fence: number
  readonly step: number
  readonly attempt: number
  readonly model: string
  /** Where it serves, if that is not its host's port: who looks at the host alone finds it there. */
  readonly port?: number
}

const entries = (mark: LaunchMark): [string, string][] => [
  ['cluster', mark.cluster],
  ['swap', mark.swap],
  ['fence', String(mark.fence)],
  ['step', String(mark.step)],
  ['attempt', String(mark.attempt)],
  ['model', mark.model],
  ...(mark.port === undefined ? [] : [['port', String(mark.port)] satisfies [string, string]]),
]

export const labels = (mark: LaunchMark): Argv => entries(mark).flatMap(([name, value]) => ['--label', `spark.${name}=${value}`])

/** `SPARK_SWAP` and the others, as they stand in the environment of what was started. */
export const markVariables = (mark: LaunchMark): Record<string, string> =>
  Object.fromEntries(entries(mark).map(([name, value]) => [`SPARK_${name.toUpperCase()}`, value]))

export const markEnvironment = (mark: LaunchMark, flag: '--env' | '-e'): Argv => environment(markVariables(mark), flag)

/** `NAME=value` words, each behind the flag that the launcher wants, or behind none. */
export const environment = (env: Readonly<Record<string, string>>, flag?: '--env' | '-e'): Argv =>
  Object.entries(env).flatMap(([name, value]) => [...(flag === undefined ? [] : [flag]), `${name}=${value}`])
