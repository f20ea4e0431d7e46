import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { missingParts } from '../../test/hosts/ready.ts'
import { findChromium } from './chromium.ts'
import { runTool } from './command.ts'
import { readReport, tallyOf } from './report.ts'
import type { LaneName } from './selection.ts'
import type { Tally } from './tally.ts'

const minute = 60_000
const limitsMs: Record<LaneName, number> = {
  unit: 8 * minute,
  integration: 20 * minute,
  faults: 20 * minute,
  hosts: 15 * minute,
  browser: 10 * minute,
}

const isOnPath = (name: string): boolean => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
const missingPrograms = (names: readonly string[], what: string): string[] =>
  names.filter((name) => !isOnPath(name)).map((name) => `${name}: ${what} (Debian: \`apt-get install ${name}\`)`)

/** What a lane needs and this machine lacks, each with how to get it. Empty: it can run. */
export async function missingFor(lane: LaneName): Promise<string[]> {
  if (lane === 'hosts') return missingParts()
  if (lane === 'integration') return missingPrograms(['bash', 'curl', 'python3'], 'docs/examples are run with it')
  if (lane === 'browser') {
    const chromium = findChromium() === null ? ['Chromium: install it (Debian: `apt-get install chromium`), or name it in CHROMIUM'] : []
    return [...chromium, ...missingPrograms(['curl'], 'the curl lines of the pages are run with it')]
  }
  return []
}

/** Runs a lane's tests (those whose file names contain one of `files`, if any are given). Vitest shows them as they go. */
export async function runLane(lane: LaneName, files: readonly string[], say: (line: string) => void): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'spark-test-'))
  const reportFile = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, '--silent=passed-only']
  try {
    const args = ['run', '--project', lane, ...reporters, ...(files.length > 0 ? ['--passWithNoTests'] : []), ...files]
    const { code, timedOut } = await runTool('vitest', args, limitsMs[lane])
    if (timedOut) say(`${lane}: ended, because it took longer than ${limitsMs[lane] / minute} minutes`)
    return tallyOf(await readReport(reportFile), code, files.length > 0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
