import { z } from 'zod'
import { HostName, Rfc3339, type Millis } from '../names.ts'
import { figureNames, Figures, noFigures } from './figures.ts'
import { inSteps } from './steps.ts'
import type { TelemetryPoint } from './telemetry.ts'

/**
 * The file ring: one file an hour, JSON lines as they are measured; an hour that has been over for an hour is kept as means of a minute, and one that lies more than a
 * day back is dropped. Names sort by time.
 */
export const hourMs = 3_600_000
const keptHours = 25
const minuteS = 60

export interface RingFile {
  readonly name: string
  /** Hours since 1970. */
  readonly hour: number
  readonly kind: 'measured' | 'minutes'
}

export const hourOf = (at: Millis): number => Math.floor(at / hourMs)
export const ringFileName = (hour: number, kind: RingFile['kind']): string => `${String(hour).padStart(8, '0')}.${kind}.jsonl`

/** The ring's files among the names in a folder, oldest first. Where an hour is there in both kinds, its minutes are. */
export function ringFiles(names: readonly string[]): RingFile[] {
  const files = names.flatMap((name): RingFile[] => {
    const [, hour, kind] = /^(\d{8})\.(measured|minutes)\.jsonl$/.exec(name) ?? []
    return hour === undefined ? [] : [{ name, hour: Number(hour), kind: kind === 'minutes' ? 'minutes' : 'measured' }]
  })
  return files
    .filter((file) => file.kind === 'minutes' || !files.some((other) => other.hour === file.hour && other.kind === 'minutes'))
    .sort((a, b) => a.hour - b.hour)
}

/** What is due in a folder: files to drop, and hours to be kept as minutes. Files of a time to come are dropped: this machine's clock was wrong then. */
export function tidying(names: readonly string[], now: Millis): { readonly drop: readonly string[]; readonly thin: readonly RingFile[] } {
  const files = ringFiles(names)
  const hour = hourOf(now)
  const current = files.filter((file) => file.hour > hour - keptHours && file.hour <= hour + 1)
  const superseded = names.filter((name) => /^\d{8}\.measured\.jsonl$/.test(name) && !files.some((file) => file.name === name))
  return {
    drop: [...files.filter((file) => !current.includes(file)).map((file) => file.name), ...superseded],
    thin: current.filter((file) => file.kind === 'measured' && file.hour < hour - 1),
  }
}

const Line = z.object({ host: HostName, at: Rfc3339, ...Figures.partial().shape })

export interface RingPoint {
  readonly host: HostName
  readonly point: TelemetryPoint
}

/** What is null is left out. */
export const ringLine = ({ host, point }: RingPoint): string =>
  `${JSON.stringify({ host, at: point.at, ...Object.fromEntries(figureNames.flatMap((name) => (point[name] === null ? [] : [[name, point[name]]]))) })}\n`

/** Null for a torn line, and for one that is none of ours. */
export function readRingLine(text: string): RingPoint | null {
  try {
    const { host, ...point } = Line.parse(JSON.parse(text))
    return { host, point: { ...noFigures, ...point } as TelemetryPoint } // a figure that is absent stays null
  } catch {
    return null
  }
}

/** The lines of an hour as means of a minute, each host for itself. */
export function thinned(text: string): string {
  const points = text.split('\n').flatMap((line) => readRingLine(line) ?? [])
  return [...new Set(points.map(({ host }) => host))]
    .flatMap((host) => {
      const own = points.filter((one) => one.host === host).map(({ point }) => point)
      return inSteps(own, 0, minuteS).map((point) => ringLine({ host, point }))
    })
    .join('')
}
