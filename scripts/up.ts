import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { tryLock } from './bootstrap/lock.mjs'
import { findTemporalCli } from './bootstrap/temporal-cli.mjs'
import { openConsole } from './up/console.ts'
import { tellWhatHoldsUp } from './up/hold-up.ts'
import { partsOf } from './up/parts.ts'
import { ownClusterIsThere } from './up/own-cluster.ts'
import { partLogsDir, planFrom, portsOf, type Plan } from './up/plan.ts'
import { faultOfPort } from './up/port.ts'
import { runToTheEnd } from './up/run.ts'
import { Supervisor } from './up/supervisor.ts'
import { welcome } from './up/welcome.ts'

/** `npm start`: all of Spark Control on this machine, until Ctrl-C. */
const say = openConsole(process.stdout)
const plan = planFrom(process.env)
for (const complaint of plan.complaints) say(complaint)

const lock = lockedDataDir(plan.places.dataDir)
if (lock.holder) {
  giveUp(
    `Spark Control already runs on ${plan.places.dataDir} (process ${lock.holder.pid}). End that one, or give this one another SPARK_DATA_DIR and other ports.`,
  )
}
process.on('exit', lock.release)

const faults = (await Promise.all(portsOf(plan).map(faultOfPort))).filter((fault) => fault !== null)
if (faults.length > 0) giveUp(faults.join('\n'))

const cli = plan.foreignTemporal === null ? (await findTemporalCli()).path : null
if (plan.foreignTemporal === null && cli === null) giveUp('The Temporal CLI is missing. Run `npm start`, which brings it, or set TEMPORAL_ADDRESS.')

const { supervisor, whenReady } = beginning(plan)
const successor = plan.leavesDemo ? { due: ownClusterIsThere(process.env, say), make: () => beginning(planFrom(process.env)) } : null
await runToTheEnd(supervisor, say, whenReady, successor)

function beginning(of: Plan): { supervisor: Supervisor; whenReady: () => Promise<void> } {
  say(of.places.demo ? 'Starting Spark Control with two simulated Sparks …' : 'Starting Spark Control …')
  const starting = new AbortController()
  void tellWhatHoldsUp(of, say, starting.signal)
  return {
    supervisor: new Supervisor(partsOf(of, cli, process.env), partLogsDir(of), say),
    async whenReady() {
      starting.abort()
      for (const line of await welcome(of)) say(line)
    },
  }
}

function lockedDataDir(path: string): ReturnType<typeof tryLock> {
  try {
    mkdirSync(path, { recursive: true })
    return tryLock(join(path, 'up.lock'))
  } catch (error) {
    giveUp(
      `The data directory ${path} cannot be written (${error instanceof Error ? error.message : String(error)}). Look at its owner, mount and free space.`,
    )
  }
}

function giveUp(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
