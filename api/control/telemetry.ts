import type { ConfigSource } from '../../config/load.ts'
import { rfc3339 } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { inSteps, stepFor } from '../../domain/telemetry/steps.ts'
import type { Telemetry } from '../../domain/telemetry/telemetry.ts'
import type { TelemetryControl, TelemetryQuery } from '../deps.ts'
import { TelemetryRing } from '../telemetry-ring.ts'
import { clusterOf } from './catalog.ts'

const usualSpanMs = 3_600_000
const longestSpanMs = 25 * 3_600_000

/** What was measured. Read from the ring's files, so that it is there whether a worker runs or not. */
export function createTelemetry(config: ConfigSource): TelemetryControl {
  const ring = new TelemetryRing(config.places.telemetryDir)
  return {
    async read({ host, since, stepS }: TelemetryQuery): Promise<Telemetry> {
      const names = clusterOf(config).hosts.map(({ name }) => name)
      if (host !== null && !names.includes(host)) throw new Problem('unknown_host', `No host is called ${host}`)
      const now = Date.now()
      const from = Math.min(now, Math.max(since ?? now - usualSpanMs, now - longestSpanMs))
      const step = stepFor(from, now, stepS)
      const measured = await ring.since(Math.floor(from / (step * 1000)) * step * 1000)
      return {
        ...{ now: rfc3339(now), since: rfc3339(from), step_s: step },
        hosts: names
          .filter((name) => host === null || name === host)
          .map((name) => ({ host: name, points: inSteps(measured.get(name) ?? [], from, step) })),
      }
    },
  }
}
