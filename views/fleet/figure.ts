import { figureRows, type FigureName } from '../../domain/telemetry/figures.ts'
import { duration } from '../time.ts'

/** A figure with its unit. What a host does not tell is never shown as 0. */
export function figure(name: FigureName, value: number | null): string {
  if (value === null) return 'not available'
  const { unit } = figureRows[name]
  switch (unit) {
    case 'bytes':
      return size(value)
    case 'bytes/s':
      return `${size(value)}/s`
    case 's':
      return name === 'uptime_s' ? daysAndHours(value) : duration(value * 1000)
    case 'load':
    case '/s':
      return `${value.toFixed(2)}${unit === '/s' ? ' /s' : ''}`
    case 'requests':
      return value.toFixed(0) // the name of the figure says what it counts
    case '%':
    case '°C':
    case 'MHz':
      return `${value.toFixed(value < 10 && unit === '%' ? 1 : 0)} ${unit}`.replace('.0 ', ' ')
    case 'W':
    case 'tokens/s':
      return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`
  }
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function size(bytes: number): string {
  const step = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)))
  const value = bytes / 1024 ** step
  return `${value >= 100 || step === 0 ? value.toFixed(0) : value.toFixed(1)} ${sizes[step] ?? 'B'}`
}

function daysAndHours(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  return hours < 48 ? duration(seconds * 1000) : `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`
}
