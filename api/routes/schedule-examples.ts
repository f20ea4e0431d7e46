import type { z } from 'zod'
import type { ExternalBody, ImportReport, ManagedBody, ScheduleRun, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { problemExample } from '../route.ts'

/** Schedules as the docs show them: a nightly cron of somebody's, and the night model that Temporal fires. */
export const externalBody = {
  id: 'nightly-embeddings',
  cron: '0 3 * * *',
  timezone: 'Europe/Zurich',
  owner: 'Ada',
  host: 'nas',
  command: '/home/ada/nightly.sh',
  model: 'qwen3-30b',
  grace_s: 600,
  expected_s: 2400,
} satisfies z.input<typeof ExternalBody>

export const managedBody = {
  kind: 'managed',
  id: 'night-model',
  cron: '0 22 * * *',
  timezone: 'Europe/Zurich',
  action: { type: 'swap', model: 'gpt-oss-120b', hosts: ['spark-1'] },
  when_refused: 'wait',
  wait_s: 3600,
} satisfies z.input<typeof ManagedBody>

const run: ScheduleRun = {
  due_at: '2026-11-24T02:00:00.000Z',
  started_at: '2026-11-24T02:00:02.000Z',
  ended_at: '2026-11-24T02:38:40.000Z',
  state: 'ok',
  via: 'swap',
  swap_id: '20261124-020002-5c1f09ab',
  detail: null,
}

const shown = {
  state: 'waiting',
  next_run_at: '2026-11-25T02:00:00.000Z',
  next_runs: ['2026-11-25T02:00:00.000Z', '2026-11-26T02:00:00.000Z'],
  last_run: run,
  runs: [run],
  paused: false,
  created_at: '2026-11-01T08:00:00.000Z',
  updated_at: '2026-11-01T08:00:00.000Z',
  in_temporal: true,
} as const

export const externalView: ScheduleView = {
  kind: 'external',
  ...externalBody,
  ...shown,
  runs: [run],
  next_runs: [...shown.next_runs],
  words: 'At 03:00, every day, Europe/Zurich',
}

const firedRun: ScheduleRun = {
  due_at: '2026-11-23T21:00:00.000Z',
  started_at: '2026-11-23T21:00:00.000Z',
  ended_at: '2026-11-23T21:04:10.000Z',
  state: 'ok',
  via: 'fired',
  swap_id: 'run-019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  detail: 'completed: spark-1 serves gpt-oss-120b',
}

export const managedView: ScheduleView = {
  ...managedBody,
  action: { ...managedBody.action, on_failure: 'restore', restart: false },
  overlap: 'skip',
  catchup_window_s: 600,
  jitter_s: 0,
  ...shown,
  words: 'At 22:00, every day, Europe/Zurich',
  next_run_at: '2026-11-24T21:00:00.000Z',
  next_runs: ['2026-11-24T21:00:00.000Z', '2026-11-25T21:00:00.000Z'],
  last_run: firedRun,
  runs: [firedRun],
}

export const conflict = {
  at: '2026-11-24T21:00:00.000Z',
  hosts: ['spark-1'],
  between: ['night-model', 'lock of Ada'] as [string, string],
  words: 'night-model needs spark-1 while Ada has reserved it',
}

export const importReport: ImportReport = {
  imported: [{ kind: 'external', ...externalBody }],
  skipped: [{ line: 3, text: '@reboot /usr/local/bin/warm', reason: '@reboot has no time: it cannot be planned' }],
}

export const unknownScheduleProblem = problemExample('unknown_schedule', 'No schedule is called "nightly"')
export const existsProblem = problemExample('schedule_exists')
export const notManagedProblem = problemExample('schedule_not_managed')
export const cronProblem = problemExample(
  'cron_invalid',
  'there are 6 fields, and a crontab line has five: minute, hour, day of month, month, day of week; no seconds',
  {
    errors: [
      { field: 'cron', message: 'there are 6 fields, and a crontab line has five: minute, hour, day of month, month, day of week; no seconds' },
    ],
  },
)
