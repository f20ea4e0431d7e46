import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { missingCatalog } from '../test/faults/coordination-commands.ts'
import { KillRounds } from '../test/faults/kill-rounds.ts'
import { fieldOf, LockStorm } from '../test/faults/lock-storm.ts'
import { LongHistory } from '../test/faults/long-history.ts'
import { ModelRuns } from '../test/faults/model-runs.ts'
import { faultNames, killNames, strike } from '../test/faults/nemesis.ts'
import { sceneModels } from '../test/faults/scenes.ts'
import { Choices } from '../test/faults/seed.ts'
import { stormFaults } from '../test/faults/storm-faults.ts'
import { World } from '../test/faults/world.ts'

/**
 * `npm run test:soak -- --seed N [--kills 300] [--minutes 30] [--runs 1000]`: the faults lane's lock tests at full length, on demo hosts of its own. Storms of a minute
 * with a fault every five seconds, kills under contention, runs of the API against its model. 0 leaves a part out. The last line counts; exit 1 when anything
 * was found, 2 for arguments that are none. The same seed chooses the same faults and requests; when they strike is up to the machine.
 */
const usage = 'usage: npm run test:soak -- [--seed N] [--kills 300] [--minutes 30] [--runs 1000]\n'
const everyMs = 5_000
const roundLimitMs = 300_000
const [contenders, lanes, mostCommands, runsAtATime] = [16, 3, 40, 30]
const hosts = ['spark-1', 'spark-2', 'spark-3', 'spark-4']

const { seed, kills, minutes, runs } = wanted()
const choices = new Choices(seed)
const counts = { storms: 0, kills: 0, runs: 0, operations: 0, grants: 0, swaps: 0, requests: 0, found: 0 }
let open: World | null = null

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(true))
say(`seed ${seed}: ${minutes} minutes of storms, ${kills} kills, ${runs} runs against the model`)
try {
  if (minutes > 0 || kills > 0) await inWorld({ hosts, models: sceneModels, apis: 2, cuttable: true }, stormsAndKills)
  if (runs > 0) await inWorld({ hosts: ModelRuns.hostsOf(lanes), models: missingCatalog, apis: 2 }, modelRuns)
} catch (error) {
  found([inWords(error)])
}
await end(false)

async function stormsAndKills(world: World): Promise<void> {
  const { field, leave } = await fieldOf(world)
  const history = new LongHistory()
  for (let minute = 0; minute < minutes; minute += 1) {
    const storm = new LockStorm(field, choices.apart())
    await inTime(storm.rage(contenders, () => aMinuteOfFaults(world)))
    found(await stormFaults(world, storm, history))
    count({ storms: 1, operations: storm.history.operations.length, grants: storm.grants, swaps: storm.swapIds.length })
    say(`storm ${minute + 1} of ${minutes}: ${storm.summary()}`)
  }
  await leave()
  const rounds = await KillRounds.besides(world.plane.temporalAddress, choices.apart())
  const arbiter = rounds.arbiter(world.clusterId)
  for (let kill = 0; kill < kills; kill += 1) {
    const fault = choices.pick(killNames)
    const round = await inTime(rounds.round({ urls: world.plane.urls, hosts, arbiter, kill: () => strike(world.plane, fault) }))
    found([...round.faults, ...rounds.wrong.splice(0)])
    count({ kills: 1, operations: round.operations, grants: round.grants })
    say(
      `kill ${kill + 1} of ${kills}, ${fault}: ${round.operations} operations, ${round.grants} grants, the next after ${round.silence_ms.toFixed(0)} ms`,
    )
  }
  await rounds.close()
}

async function aMinuteOfFaults(world: World): Promise<void> {
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    const next = pause(everyMs)
    await strike(world.plane, choices.pick(faultNames))
    await next
  }
}

async function modelRuns(world: World): Promise<void> {
  const against = new ModelRuns(world, lanes)
  for (let begun = 0; begun < runs; begun += runsAtATime) {
    const some = Math.min(runsAtATime, runs - begun)
    await against
      .check({ runs: some, mostCommands, seed: (seed + begun) | 0 }, () => count({ runs: 1 }))
      .catch((error: unknown) => found([inWords(error)]))
    say(`model run ${Math.min(counts.runs, runs)} of ${runs}: ${against.requests} requests`)
  }
  counts.requests = against.requests
}

async function inWorld(options: Parameters<typeof World.start>[0], work: (world: World) => Promise<void>): Promise<void> {
  open = await World.start(options)
  try {
    await work(open)
  } finally {
    const world = open
    open = null
    await world.close()
  }
}

/** A lock that nobody gets any more would be waited for without end. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const limit = new AbortController()
  const late = pause(roundLimitMs, null, { signal: limit.signal }).then(
    () => Promise.reject(new Error(`nothing went on for ${roundLimitMs / 1000} s\n${open?.plane.lastWords() ?? ''}`)),
    () => new Promise<never>(() => undefined),
  )
  return await Promise.race([work, late]).finally(() => limit.abort())
}

function found(faults: readonly string[]): void {
  for (const fault of faults) say(`FOUND with --seed ${seed}: ${fault}`)
  counts.found += faults.length
}

/** With what caused it: of a property, that is where the two disagreed. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const words = error.stack ?? error.message
  return error.cause === undefined ? words : `${words}\nbecause of ${inWords(error.cause)}`
}

function count(more: Partial<typeof counts>): void {
  for (const [name, value] of Object.entries(more)) counts[name as keyof typeof counts] += value // its own names
}

async function end(cutShort: boolean): Promise<never> {
  if (cutShort) say('ended before it was through')
  await open?.close()
  const { operations, grants, swaps, requests } = counts
  const done = `${counts.storms} storms, ${counts.kills} kills, ${counts.runs} model runs; ${operations} lock operations, ${grants} grants, ${swaps} swaps, ${requests} requests`
  say(`seed ${seed}: ${done}; ${counts.found} found${cutShort ? ', ended early' : ''}`)
  process.exit(counts.found > 0 || cutShort ? 1 : 0)
}

function wanted(): { seed: number; kills: number; minutes: number; runs: number } {
  const number = { type: 'string' } as const
  try {
    const { values } = parseArgs({ options: { seed: number, kills: number, minutes: number, runs: number } })
    const read = (name: keyof typeof values, otherwise: number): number => {
      const value = values[name] === undefined ? otherwise : Number(values[name])
      if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} is a whole number`)
      return value
    }
    return { seed: read('seed', randomInt(1, 2 ** 31)), kills: read('kills', 300), minutes: read('minutes', 30), runs: read('runs', 1_000) }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exit(2)
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
