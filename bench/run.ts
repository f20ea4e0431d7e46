import { availableParallelism, loadavg } from 'node:os'
import { bigCatalog } from './big-catalog.ts'
import { lineOf, type Figure, type MeasureId } from './figure.ts'
import { healthLag } from './health-lag.ts'
import { history } from './history.ts'
import { lockContention } from './lock-contention.ts'
import { lockThreeApis } from './lock-three-apis.ts'
import type { Measure, Workshop } from './measure.ts'
import { Stage, type StageOptions } from './stage.ts'
import { startAndMemory } from './start-and-memory.ts'
import { swapWall } from './swap-wall.ts'
import { tableOf } from './table.ts'

/**
 * `npm run bench`: measures Spark Control as it runs in production, beside what it is compared with. `npm run bench -- P3 P5` takes these alone,
 * `npm run bench -- P6 --operations 100000` lets the long one be as long.
 * One line a figure on standard output, progress on standard error; writes into the temporary folder only. Exit 0 also when a figure is short
 * (it measures, it does not judge), 1 when a measure could not be taken, 2 for an unknown measure or number.
 */
const measures: readonly Measure[] = [swapWall, healthLag, history, lockContention, lockThreeApis, startAndMemory, bigCatalog]

const figures: Figure[] = []
const loadBefore = load()
let open: Stage | null = null
let failed = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void closeStage().finally(() => process.exit(130)))
const asked = argumentsOf(process.argv.slice(2))
for (const measure of select(asked.measures)) {
  progress(`── ${measure.id}: ${measure.about}`)
  try {
    await measure.take(workshopOf(measure.id))
  } catch (error) {
    failed = true
    process.stdout.write(`${measure.id} could not be measured: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
await closeStage()
if (figures.length > 0) process.stdout.write(`\n${tableOf(figures).join('\n')}\n\n${machine()}\n`)
process.exit(failed ? 1 : 0)

function workshopOf(id: MeasureId): Workshop {
  return {
    stage: stageOf,
    operations: asked.operations,
    say: progress,
    report(figure) {
      figures.push({ measure: id, ...figure })
      process.stdout.write(`${lineOf({ measure: id, ...figure })}\n`)
    },
  }
}

async function stageOf(options: StageOptions): Promise<Stage> {
  if (open?.options.load_s === options.load_s && open.options.timeScale === options.timeScale) return open
  await closeStage()
  open = await Stage.start(options, (line) => progress(`   ${line}`))
  return open
}

async function closeStage(): Promise<void> {
  const stage = open
  open = null
  await stage?.stop()
}

function argumentsOf(words: readonly string[]): { measures: readonly string[]; operations: number | null } {
  const at = words.indexOf('--operations')
  if (at < 0) return { measures: words, operations: null }
  const operations = Number(words[at + 1])
  if (!Number.isInteger(operations) || operations < 1_000) {
    process.stderr.write('--operations is a number from 1000\n')
    process.exit(2)
  }
  return { measures: words.toSpliced(at, 2), operations }
}

function select(wanted: readonly string[]): readonly Measure[] {
  const unknown = wanted.filter((word) => !measures.some(({ id }) => id === word.toUpperCase()))
  if (unknown.length > 0) {
    process.stderr.write(`No such measure: ${unknown.join(', ')}. There are:\n${measures.map(({ id, about }) => `  ${id}  ${about}\n`).join('')}`)
    process.exit(2)
  }
  return wanted.length === 0 ? measures : measures.filter(({ id }) => wanted.some((word) => word.toUpperCase() === id))
}

/** Without it nobody can tell a slow program from a busy machine. */
function machine(): string {
  const cores = availableParallelism()
  return `${cores} cores, Node ${process.version}; load average ${loadBefore} before, ${load()} after: above ${cores}, others were waiting for a core too.`
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}
