/** How many checks passed, failed, and could not be run. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }

export const add = (a: Tally, b: Tally): Tally => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped })

/** The last line of a test run: `12 passed, 0 failed`, with `, 1 skipped` only when something was. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** Green means that something ran and nothing failed. */
export const isGreen = ({ passed, failed }: Tally): boolean => failed === 0 && passed > 0
