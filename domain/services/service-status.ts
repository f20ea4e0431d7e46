import { z } from 'zod'
import { HostName, Rfc3339, type Millis } from '../names.ts'
import { kindOf } from './kinds.ts'
import { ServiceState, type ServiceLook } from './look.ts'
import { KindName, originOf, ServiceName, type Service } from './service.ts'

/** A service as REST and pages show it. */
export const ServiceStatus = z.object({
  name: ServiceName,
  kind: KindName,
  description: z.string().nullable(),
  host: HostName.nullable().meta({ description: 'Of the cluster; null for one that runs elsewhere' }),
  base_url: z.string().meta({ description: 'What clients are given' }),
  state: ServiceState,
  since: Rfc3339.nullable(),
  detail: z.string().nullable(),
  alias: z.string().nullable().meta({ description: 'The model name that it lists first' }),
  restartable: z.boolean().meta({ description: 'Its container is known, so that it can be restarted here' }),
})
export type ServiceStatus = z.infer<typeof ServiceStatus>

/** One that is up is looked at each five seconds, one that is down at least each minute: an older look says nothing about now. */
const lifeMs = (state: ServiceLook['state']): number => (state === 'down' ? 90_000 : 20_000)

/** Each service with what the monitor holds of it. What nobody looks at is unknown, never a guess. */
export function serviceStatus(service: Service, looks: readonly ServiceLook[], now: Millis): ServiceStatus {
  const look = looks.find((one) => one.name === service.name)
  const fresh = look !== undefined && now - Date.parse(look.looked_at) <= lifeMs(look.state) ? look : null
  const { name, kind, description, host } = service
  return {
    ...{ name, kind, description, host },
    base_url: originOf(service) + kindOf(kind).clientPath,
    state: fresh?.state ?? 'unknown',
    since: fresh?.since ?? null,
    detail: fresh?.detail ?? null,
    alias: fresh?.serves ?? null,
    restartable: host !== null && service.container !== null,
  }
}
