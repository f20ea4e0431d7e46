import { causeOf, type Cause } from '../errors.ts'
import { weightsOf } from '../model.ts'
import type { Argv } from '../names.ts'
import { environment, markVariables } from './launch-mark.ts'
import { fabricOf, launchPlace } from './launch-place.ts'
import type { Launcher, LaunchExit, LaunchJob } from './launcher.ts'
import { mostHosts } from './parallelism.ts'

/**
 * The owner's own commands, for a layout that nobody here knows. There is no container to look at: its life is its status command and its port.
 * Each host gets each command; `$SPARK_RANK` tells them apart.
 */
export const command: Launcher = {
  maxHosts: mostHosts.command,
  stopGraceS: 10,
  containerIsEngine: false,
  startedFrom: 'each',
  launch: (job) => run(job, 'start'),
  imageOf: () => null,
  probe: () => null,
  features: () => null,
  probeTrouble: () => null,
  launchTrouble,
  commands: { stop: (job) => run(job, 'stop'), status: (job) => run(job, 'status') },
}

/** The text is the owner's and is read by the host's shell; everything of ours reaches it as environment, never as part of the text. */
function run(job: LaunchJob, what: 'start' | 'stop' | 'status'): Argv {
  const { mark, nodes, rank } = job
  const { model, head, port } = launchPlace(job)
  const facts = {
    ...markVariables(mark),
    SPARK_PORT: String(port),
    SPARK_WEIGHTS: weightsOf(model),
    SPARK_SERVED_NAME: model.served_name,
    SPARK_RANK: String(rank),
    SPARK_NODES: String(nodes.length),
    SPARK_HEAD: fabricOf(head),
  }
  // The catalog lets no model of this launcher through without its texts; a snapshot that has none must not look as if it ran.
  return ['env', ...environment({ ...model.env, ...facts }), 'sh', '-c', model.launch[what] ?? 'exit 127']
}

function launchTrouble(exit: LaunchExit): Cause | null {
  if (exit.code === 0) return null
  const said = `${exit.stdout}\n${exit.stderr}`.trim().split('\n').at(-1)?.trim() ?? ''
  return causeOf('launch_failed', `The start command ended with exit code ${exit.code}`, said === '' ? null : said)
}
