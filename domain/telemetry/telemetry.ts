import { z } from 'zod'
import { HostName, Rfc3339 } from '../names.ts'
import { Figures } from './figures.ts'

/** What was measured at one time; in a history, the means over one step that begins at `at`. The time is the monitor's, whatever the host's clock says. */
export const TelemetryPoint = Figures.extend({ at: Rfc3339 })
export type TelemetryPoint = z.infer<typeof TelemetryPoint>

/** Points a host in one answer, at most: with more, the step is made longer. */
export const mostPoints = 1_500

/** Answer of `GET /api/telemetry`. */
export const Telemetry = z.object({
  now: Rfc3339,
  since: Rfc3339,
  step_s: z.number().meta({ description: `Length of a step; longer than asked for where a host would have more than ${String(mostPoints)} points` }),
  hosts: z.array(
    z.object({
      host: HostName,
      points: z.array(TelemetryPoint).meta({ description: 'Oldest first. A step in which nothing was measured is left out' }),
    }),
  ),
})
export type Telemetry = z.infer<typeof Telemetry>
