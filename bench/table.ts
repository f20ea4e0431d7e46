import { goalNumber, shown, verdict, type Figure } from './figure.ts'

const heading = ['', 'figure', 'value', 'goal', '', 'against, or made of']
const numbersInColumns = new Set([2])

/** The closing table: all figures of a run, columns aligned, as lines. */
export function tableOf(figures: readonly Figure[]): string[] {
  const rows = [heading, ...figures.map(rowOf)]
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, numbersInColumns.has(column)))
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [lines[0] ?? '', rule, ...lines.slice(1)]
}

function rowOf(figure: Figure): string[] {
  const { measure, name, value, goal, note } = figure
  const wanted = goal === null ? '' : `${'atMost' in goal ? '≤' : '≥'} ${String(goalNumber(goal))}`
  return [measure, name, shown(value), wanted, verdict(figure), note ?? '']
}

const pad = (cell: string, width: number, right: boolean): string => (right ? cell.padStart(width) : cell.padEnd(width))
