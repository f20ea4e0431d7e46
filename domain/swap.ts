import { z } from 'zod'
import { Cause } from './errors.ts'
import { HostName, ModelKey, oneLine, Rfc3339, SwapId } from './names.ts'

export const phaseNames = ['preflight', 'stop', 'launch', 'warm', 'validate', 'restore', 'notify'] as const
export const PhaseName = z.enum(phaseNames)
export type PhaseName = z.infer<typeof PhaseName>

const PhaseState = z.enum(['pending', 'running', 'done', 'failed', 'skipped'])

export const Phase = z.object({
  name: PhaseName,
  state: PhaseState,
  started_at: Rfc3339.nullable(),
  ended_at: Rfc3339.nullable(),
  /** What it is doing or did, in words: `weights 56%`, `container gone, port free, 116 GiB free`. */
  detail: z.string().nullable(),
})
export type Phase = z.infer<typeof Phase>

const SwapState = z.enum(['queued', 'running', 'done'])

/** `completed` is the only success (ARBITER.md, Outcomes). */
export const Outcome = z.enum([
  'completed',
  'preflight_failed',
  'failed',
  'restored',
  'restore_failed',
  'left_empty',
  'cancelled',
  'timed_out',
  'terminated',
])
export type Outcome = z.infer<typeof Outcome>

export const LeftWith = z.enum(['target', 'previous', 'empty', 'unknown'])
export type LeftWith = z.infer<typeof LeftWith>

/** One swap as REST, SSE, webhooks and pages show it. */
export const Swap = z.object({
  swap_id: SwapId,
  model: ModelKey.nullable(),
  hosts: z.array(HostName),
  affected_hosts: z.array(HostName),
  state: SwapState,
  outcome: Outcome.nullable(),
  left: z.record(HostName, LeftWith),
  phase: PhaseName.nullable(),
  phases: z.array(Phase),
  previous: z.array(z.object({ model: z.string().nullable(), hosts: z.array(HostName) })),
  fence: z.number().nullable(),
  holder: z.string().nullable(),
  schedule: z.string().nullable(),
  reason: z.string().nullable(),
  dry_run: z.boolean(),
  requested_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
  deadline_at: Rfc3339.nullable(),
  cause: Cause.nullable(),
  /** Grows with every change of this record: the first half of the SSE id. */
  revision: z.int().min(0),
})
export type Swap = z.infer<typeof Swap>

export const OnFailure = z.enum(['restore', 'leave'])
export const OnBusy = z.enum(['reject', 'queue'])
export const OnDrainTimeout = z.enum(['go_on', 'fail'])

/** Body of `POST /api/swap`. `model: null` unloads. */
export const SwapBody = z.strictObject({
  model: z.string().max(200).nullable().meta({ description: 'A catalog key; null unloads' }),
  hosts: z.array(HostName).min(1).max(16).optional(),
  restart: z.boolean().default(false),
  dry_run: z.boolean().default(false),
  on_failure: OnFailure.default('restore'),
  on_busy: OnBusy.default('reject'),
  drain_s: z.int().min(0).max(3600).optional(),
  on_drain_timeout: OnDrainTimeout.default('go_on'),
  ignore_estimate: z.boolean().default(false).meta({ description: 'Try it although the memory estimate says that it will not fit' }),
  reason: oneLine(500).optional(),
})
export type SwapBody = z.infer<typeof SwapBody>

/** One line of a preflight report. */
export const CheckResult = z.object({
  host: HostName.nullable(),
  check: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  cause: Cause.nullable(),
})
export type CheckResult = z.infer<typeof CheckResult>

/** Answer of a dry run and of "Check": every check, and the exact commands that a swap would run. */
export const PlanReport = z.object({
  model: ModelKey.nullable(),
  hosts: z.array(HostName),
  ok: z.boolean(),
  checks: z.array(CheckResult),
  previous: z.array(z.object({ model: z.string().nullable(), hosts: z.array(HostName), restorable: z.boolean() })),
  plan: z.array(z.object({ phase: PhaseName, host: HostName, command: z.string() })),
})
export type PlanReport = z.infer<typeof PlanReport>
