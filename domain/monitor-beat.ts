import { z } from 'zod'
import { GuardHeld, nothingHeld } from './guardian/held.ts'
import { ServiceLook } from './services/look.ts'
import { HostLook } from './status.ts'

const noServices: ServiceLook[] = []

/** The monitor's heartbeat: its last looks. Workers of earlier versions send only those at hosts. */
export const MonitorBeat = z.union([
  z.object({ hosts: z.array(HostLook), services: z.array(ServiceLook), guard: GuardHeld.default(nothingHeld) }),
  z.array(HostLook).transform((hosts) => ({ hosts, services: noServices, guard: nothingHeld })),
])
export type MonitorBeat = z.output<typeof MonitorBeat>
