import { describe, expect, test } from 'vitest'
import { tallyOf, type Report } from '../../scripts/test/report.ts'
import { select } from '../../scripts/test/selection.ts'
import { add, isGreen, nothing, summaryLine } from '../../scripts/test/tally.ts'

const report = (more: Partial<Report> = {}): Report => ({
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...more,
})

describe('the last line', () => {
  test('names skipped ones only when there are any', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
    expect(summaryLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped')
  })

  test('is green only when something passed and nothing failed', () => {
    expect(isGreen(add(nothing, { passed: 1, failed: 0, skipped: 3 }))).toBe(true)
    expect(isGreen({ passed: 9, failed: 1, skipped: 0 })).toBe(false)
    expect(isGreen({ passed: 0, failed: 0, skipped: 5 })).toBe(false)
  })
})

describe('a lane', () => {
  test('counts its tests', () => {
    expect(tallyOf(report({ numPendingTests: 1 }), 0, false)).toEqual({ passed: 3, failed: 0, skipped: 1 })
  })

  test('that wrote no report has failed', () => {
    expect(tallyOf(null, 1, false)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  test('with a file that did not load has failed, though no test of it did', () => {
    const broken = [{ status: 'failed', assertionResults: [] }]
    expect(tallyOf(report({ success: false, testResults: broken }), 1, false)).toMatchObject({ passed: 3, failed: 1 })
  })

  test('with an error beside its tests has failed', () => {
    expect(tallyOf(report(), 1, false)).toMatchObject({ passed: 3, failed: 1 })
  })

  test('that ran no test has failed, unless only some files were asked for', () => {
    const empty = report({ numPassedTests: 0, testResults: [] })
    expect(tallyOf(empty, 0, false).failed).toBe(1)
    expect(tallyOf(empty, 0, true).failed).toBe(0)
  })
})

describe('the arguments of npm test', () => {
  test('none: everything', () => {
    expect(select([])).toEqual({ checks: ['lint', 'types'], lanes: ['unit', 'integration', 'faults', 'hosts', 'browser'], files: [] })
  })

  test('names of lanes and checks: those alone', () => {
    expect(select(['types', 'hosts'])).toEqual({ checks: ['types'], lanes: ['hosts'], files: [] })
  })

  test('a part of a file name beside a lane narrows that lane', () => {
    expect(select(['unit', 'domain/lock'])).toEqual({ checks: [], lanes: ['unit'], files: ['domain/lock'] })
  })

  test('a part of a file name alone is looked for in every lane, without lint and types', () => {
    expect(select(['lock-survives'])).toMatchObject({ checks: [], files: ['lock-survives'] })
  })
})
