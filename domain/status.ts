import { z } from 'zod'
import { Cause } from './errors.ts'
import { Lock } from './lock.ts'
import { HostName, Rfc3339 } from './names.ts'
import { ServiceStatus } from './services/service-status.ts'
import { Swap } from './swap.ts'
import { TelemetryPoint } from './telemetry/telemetry.ts'

/** What the monitor last saw of a host. It travels as the heartbeat of the monitor's activity and is never written to history. */
export const HostLook = z.object({
  host: HostName,
  looked_at: Rfc3339,
  reachable: z.boolean(),
  cause: Cause.nullable(),
  boot_id: z.string().nullable(),
  mem_total_bytes: z.number().nullable(),
  mem_available_bytes: z.number().nullable(),
  gpu: z
    .object({ name: z.string(), utilization_percent: z.number().nullable(), temperature_c: z.number().nullable(), power_w: z.number().nullable() })
    .nullable(),
  containers: z.array(z.object({ name: z.string(), running: z.boolean(), swap_id: z.string().nullable() })),
  /** What answers on the model port: id and root of `/v1/models`, and `/health`. */
  serving: z.object({ model_id: z.string(), root: z.string().nullable() }).nullable(),
  healthy: z.boolean(),
  /** The last figures; at most some seconds older than the look. */
  telemetry: TelemetryPoint.nullable().default(null),
  /** Since when the engine has open requests, makes no tokens and lets the GPU idle; null while that is not so, or not long enough. */
  wedged_since: Rfc3339.nullable().default(null),
})
export type HostLook = z.infer<typeof HostLook>

export const HostStatus = z.object({
  name: HostName,
  address: z.string(),
  reachable: z.boolean().nullable(),
  cause: Cause.nullable(),
  /** `known` once the arbiter has surveyed it. */
  arbiter: z.enum(['known', 'surveying', 'unreachable', 'quarantined', 'unknown']),
  looked_at: Rfc3339.nullable(),
  mem_total_bytes: z.number().nullable(),
  mem_available_bytes: z.number().nullable(),
  gpu: HostLook.shape.gpu,
  telemetry: TelemetryPoint.nullable().meta({ description: 'The latest figures of the host and of the model on it' }),
  deployment: z
    .object({
      model: z.string().nullable(),
      hosts: z.array(HostName),
      swap_id: z.string().nullable(),
      base_url: z.string(),
      healthy: z.boolean(),
      wedged_since: Rfc3339.nullable().meta({
        description: 'Since when it has had open requests, made no tokens and let the GPU idle; null: it works, or waits',
      }),
      validated_at: Rfc3339.nullable(),
      adopted: z.boolean(),
      served_id: z.string().nullable(),
    })
    .nullable(),
})
export type HostStatus = z.infer<typeof HostStatus>

const PartState = z.object({ ok: z.boolean(), detail: z.string() })

export const Status = z.object({
  cluster: z.string().nullable(),
  demo: z.boolean(),
  now: Rfc3339,
  hosts: z.array(HostStatus),
  /** Those that are enabled. */
  services: z.array(ServiceStatus),
  swap: Swap.nullable(),
  queue: z.array(Swap),
  lock: Lock,
  parts: z.object({ temporal: PartState, worker: PartState, config: PartState }),
  refused_settings: z.array(z.object({ setting: z.string(), source: z.string(), value: z.string(), reason: z.string(), used: z.string() })),
})
export type Status = z.infer<typeof Status>
