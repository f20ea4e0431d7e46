import { z } from 'zod'
import { HostName, Rfc3339 } from '../names.ts'
import { ServiceName } from './service.ts'

export const RestartId = z.string().regex(/^[0-9a-f-]{32,36}$/, 'a restart id')

/** A restart of a service's container: a host operation of its own (ARBITER.md G1). */
export const ServiceRestart = z.object({
  restart_id: RestartId,
  service: ServiceName,
  host: HostName,
  container: z.string(),
  state: z.enum(['running', 'ok', 'failed']),
  detail: z.string().nullable().meta({ description: 'How it ended' }),
  started_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
})
export type ServiceRestart = z.infer<typeof ServiceRestart>

/** What a restart's workflow carries beside its history, so that it can be read without a worker. */
export const RestartMemo = ServiceRestart.pick({ service: true, host: true, container: true })
export type RestartMemo = z.infer<typeof RestartMemo>
