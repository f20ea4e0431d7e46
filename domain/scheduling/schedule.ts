import { z } from 'zod'
import { ContainerName, HostName, ModelKey, oneLine, Rfc3339, SwapId } from '../names.ts'
import { OnFailure } from '../swap.ts'

export const ScheduleId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a schedule id: letters, digits, dots, dashes and underscores, at most 64, no spaces or slashes')
export type ScheduleId = z.infer<typeof ScheduleId>

/** Exactly one of these says when. Whether it can be read, and ever fires, is said in when.ts. */
const When = {
  cron: z.string().min(1).max(200).optional().meta({ description: 'Five fields, or @hourly, @daily, @weekly, @monthly, @yearly' }),
  every: z
    .string()
    .regex(/^[1-9][0-9]{0,5}(s|m|h|d)$/, 'a number and s, m, h or d, as in 6h')
    .optional()
    .meta({ description: 'As in `15m` or `6h`' }),
  at: Rfc3339.optional().meta({ description: 'Once, at this time' }),
  timezone: z.string().min(1).max(64).default('UTC').meta({ description: 'IANA name, as in Europe/Zurich' }),
}

/** Somebody else's cron: shown, watched, never fired. */
export const ExternalBody = z.strictObject({
  kind: z.literal('external').default('external'),
  id: ScheduleId,
  ...When,
  owner: oneLine(120).meta({ description: 'Whose it is' }),
  host: oneLine(120).meta({ description: 'The machine whose cron it is in' }),
  command: oneLine(500).optional(),
  description: oneLine(300).optional(),
  model: ModelKey.optional().meta({ description: 'The model that it swaps to, if it does' }),
  hosts: z.array(HostName).min(1).max(16).optional().meta({ description: 'The Sparks that it uses; the placement of `model`, if left out' }),
  grace_s: z.int().min(10).max(86_400).default(300).meta({ description: 'How late a run may come' }),
  expected_s: z.int().min(1).max(604_800).optional().meta({ description: 'How long it usually needs the GPUs' }),
})
export type ExternalBody = z.infer<typeof ExternalBody>

/** What Temporal itself may fire. */
export const ManagedAction = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('swap'),
    model: ModelKey.nullable(),
    hosts: z.array(HostName).min(1).max(16).optional(),
    on_failure: OnFailure.default('restore'),
    restart: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('warm'), hosts: z.array(HostName).min(1).max(16).optional() }),
  z.strictObject({ type: z.literal('restart_service'), host: HostName, container: ContainerName }),
  z.strictObject({ type: z.literal('health_sweep'), hosts: z.array(HostName).min(1).max(16).optional() }),
  z.strictObject({
    type: z.literal('release_stale_lock'),
    held_longer_than_s: z.int().min(60).max(604_800).default(14_400),
    hosts: z.array(HostName).min(1).max(16).optional(),
  }),
])
export type ManagedAction = z.infer<typeof ManagedAction>

export const ManagedBody = z.strictObject({
  kind: z.literal('managed'),
  id: ScheduleId,
  ...When,
  action: ManagedAction,
  description: oneLine(300).optional(),
  when_refused: z.enum(['skip', 'wait']).default('wait').meta({ description: 'When the hosts are reserved or busy. Force is never an answer' }),
  wait_s: z.int().min(1).max(86_400).default(3600).meta({ description: 'How long `wait` waits' }),
  overlap: z.enum(['skip', 'buffer_one', 'allow_all']).default('skip').meta({ description: 'When the run before is still going on' }),
  catchup_window_s: z.int().min(10).max(86_400).default(600),
  jitter_s: z.int().min(0).max(3600).default(0),
  expected_s: z.int().min(1).max(604_800).optional(),
})
export type ManagedBody = z.infer<typeof ManagedBody>

/** Body of `POST /api/schedule`. Without `kind` it is external. */
export const ScheduleBody = z.union([ManagedBody, ExternalBody])
export type ScheduleBody = z.infer<typeof ScheduleBody>

export const ScheduleRun = z.object({
  /** The planned time that it belongs to; null for one that came at no planned time. */
  due_at: Rfc3339.nullable(),
  started_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
  state: z.enum(['running', 'ok', 'failed', 'skipped', 'missed']),
  /** How it was noticed: a swap, a lock, a ping, or Temporal's own firing. */
  via: z.enum(['swap', 'lock', 'ping', 'fired', 'by_hand', 'nothing']),
  swap_id: SwapId.nullable(),
  detail: z.string().nullable(),
})
export type ScheduleRun = z.infer<typeof ScheduleRun>

const Shown = {
  state: z.enum(['waiting', 'running', 'late', 'missed', 'failed', 'paused', 'over']),
  /** The plan in words: `At 03:00, every day, Europe/Zurich`. */
  words: z.string(),
  next_run_at: Rfc3339.nullable(),
  next_runs: z.array(Rfc3339),
  last_run: ScheduleRun.nullable(),
  /** Newest first. */
  runs: z.array(ScheduleRun),
  paused: z.boolean(),
  created_at: Rfc3339,
  updated_at: Rfc3339,
  /** Whether Temporal's own page shows it by now. */
  in_temporal: z.boolean(),
}
export const ScheduleView = z.union([ManagedBody.extend(Shown), ExternalBody.extend(Shown)])
export type ScheduleView = z.infer<typeof ScheduleView>

/** Two plans for the same hosts at the same time. */
export const Conflict = z.object({
  at: Rfc3339,
  hosts: z.array(HostName),
  between: z.tuple([z.string(), z.string()]).meta({ description: 'Schedule ids; `lock of <holder>` for a reservation' }),
  words: z.string(),
})
export type Conflict = z.infer<typeof Conflict>

export const ScheduleList = z.object({ schedules: z.array(ScheduleView), conflicts: z.array(Conflict) })
export type ScheduleList = z.infer<typeof ScheduleList>

/** Body of `POST /api/schedule/import`: exactly one of `crontab` and `openclaw`. */
export const ImportBody = z.strictObject({
  crontab: z.string().min(1).max(60_000).optional().meta({ description: 'Lines of a crontab, or one of them' }),
  openclaw: z.unknown().optional().meta({ description: 'The jobs list of OpenClaw (`jobs.json`)' }),
  owner: oneLine(120),
  host: oneLine(120),
  timezone: z.string().min(1).max(64).default('UTC'),
  dry_run: z.boolean().default(false),
})
export type ImportBody = z.infer<typeof ImportBody>

export const ImportReport = z.object({
  imported: z.array(ExternalBody),
  skipped: z.array(z.object({ line: z.int().nullable(), text: z.string(), reason: z.string() })),
})
export type ImportReport = z.infer<typeof ImportReport>

export const scheduleRegistryWorkflowId = (clusterId: string): string => `schedule-registry:${clusterId}`
/** The id of the schedule in Temporal itself. */
export const temporalScheduleId = (clusterId: string, id: ScheduleId): string => `spark/${clusterId}/${id}`
export const managedRunWorkflowId = (clusterId: string, id: ScheduleId): string => `managed/${clusterId}/${id}`
