import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Tally } from './tally.ts'

/** The part of vitest's JSON report that we count by. */
const Report = z.object({
  success: z.boolean(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
})
export type Report = z.infer<typeof Report>

/** Reads the report that vitest wrote; null when there is none (it died before that, or its global set-up failed). */
export async function readReport(path: string): Promise<Report | null> {
  try {
    return Report.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

/**
 * Counts a lane. Whatever went wrong beside the tests (a file that does not load, an error after the last test, no report at all) counts as
 * a failure, and so does a lane that ran nothing, unless only some files were asked for. Pure.
 */
export function tallyOf(report: Report | null, exitCode: number | null, mayBeEmpty: boolean): Tally {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 }
  const broken = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
  const failed = report.numFailedTests + broken.length
  const isEmpty = report.numPassedTests + failed === 0
  const unexplained = failed === 0 && (exitCode !== 0 || !report.success) && !(isEmpty && mayBeEmpty)
  return {
    passed: report.numPassedTests,
    failed: unexplained || (isEmpty && !mayBeEmpty) ? failed + 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
