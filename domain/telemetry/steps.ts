import { rfc3339, type Millis } from '../names.ts'
import { figureNames, type FigureName, type Figures } from './figures.ts'
import { rounded } from './measure.ts'
import { mostPoints, type TelemetryPoint } from './telemetry.ts'

/** How long a step is, in seconds: as asked for, or what shows the whole span in 360 of them; and never so short that there would be too many. */
export const stepFor = (sinceMs: Millis, nowMs: Millis, askedS: number | null): number => {
  const spanS = Math.max(0, nowMs - sinceMs) / 1000
  return Math.max(1, askedS ?? Math.max(5, Math.ceil(spanS / 360)), Math.ceil(spanS / (mostPoints - 1)))
}

/** The means over steps, oldest first. Steps begin at whole multiples of their length, so that the same step has the same points in every answer. */
export function inSteps(points: readonly TelemetryPoint[], sinceMs: Millis, stepS: number): TelemetryPoint[] {
  const stepMs = stepS * 1000
  const first = Math.floor(sinceMs / stepMs)
  const steps = new Map<number, TelemetryPoint[]>()
  for (const point of points) {
    const step = Math.floor(Date.parse(point.at) / stepMs)
    if (!(step >= first)) continue
    const those = steps.get(step)
    if (those === undefined) steps.set(step, [point])
    else those.push(point)
  }
  return [...steps.entries()].sort(([a], [b]) => a - b).map(([step, those]) => ({ at: rfc3339(step * stepMs), ...means(those) }))
}

function means(points: readonly TelemetryPoint[]): Figures {
  const mean = (name: FigureName): number | null => {
    let [sum, count] = [0, 0]
    for (const { [name]: value } of points) {
      if (value === null) continue
      sum += value
      count += 1
    }
    return count === 0 ? null : rounded(sum / count)
  }
  return Object.fromEntries(figureNames.map((name) => [name, mean(name)])) as Figures // one for each name
}
