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
  unit: 5 * minute,
  integration: 10 * minute,
  faults: 15 * minute,
  hosts: 15 * minute,
  browser: 8 * minute,
}

const programs = ['bash', 'curl', 'python3']
const isOnPath = (name: string): boolean => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))

/** What a lane needs and this machine lacks, each with how to get it. Empty: it can run. */
export async function missingFor(lane: LaneName): Promise<string[]> {
  if (lane === 'hosts') return missingParts()
  if (lane === 'integration')
    return programs.filter((name) => !isOnPath(name)).map((name) => `${name}: docs/examples are run with it (Debian: \`apt-get install ${name}\`)`)
  if (lane === 'browser' && findChromium() === null) return ['Chromium: install it (Debian: `apt-get install chromium`), or name it in CHROMIUM']
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
