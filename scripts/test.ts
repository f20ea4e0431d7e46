import { runCheck } from './test/checks.ts'
import { missingFor, runLane } from './test/lanes.ts'
import { select } from './test/selection.ts'
import { add, isGreen, nothing, summaryLine, type Tally } from './test/tally.ts'

/** `npm test`: lint, types and every lane, one after the other; the last line counts them. See scripts/test/selection.ts for arguments. */
const inCI = /^(1|true)$/i.test(process.env['CI'] ?? '')
const selection = select(process.argv.slice(2))
const startedAt = performance.now()
let total: Tally = nothing

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, cutShort)
for (const check of selection.checks) await step(check, () => runCheck(check, say))
for (const lane of selection.lanes) {
  const missing = await missingFor(lane)
  if (missing.length === 0) await step(lane, () => runLane(lane, selection.files, say))
  else cannotRun(lane, missing)
}
process.exitCode = isGreen(total) ? 0 : 1
say(summaryLine(total))

async function step(name: string, run: () => Promise<Tally>): Promise<void> {
  say(`\n── ${name} ${'─'.repeat(60 - name.length)} ${elapsed()}`)
  const tally = await run()
  say(`── ${name}: ${summaryLine(tally)}`)
  total = add(total, tally)
}

/** Not silently: a lane that did not run proves nothing. Where everything must be there (CI), it is a failure. */
function cannotRun(lane: string, missing: readonly string[]): void {
  say(`\n!! ${'!'.repeat(70)}\n!! The lane "${lane}" ${inCI ? 'FAILS' : 'is SKIPPED'}: this machine lacks what it needs.`)
  for (const part of missing) say(`!!   - ${part}`)
  say(`!! ${'!'.repeat(70)}`)
  total = add(total, inCI ? { ...nothing, failed: 1 } : { ...nothing, skipped: 1 })
}

/** Ended from outside, by a time limit or a person: what was counted so far is told, and is no success. */
function cutShort(): void {
  say('The test run was ended before it was through.')
  say(summaryLine(add(total, { ...nothing, failed: 1 })))
  process.exit(1)
}

function elapsed(): string {
  return `${Math.round((performance.now() - startedAt) / 1000)} s`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
