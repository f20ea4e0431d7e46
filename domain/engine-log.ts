import { plainText } from './engine-log/plain-text.ts'

export interface LogLine {
  /** docker's own timestamp, as it printed it: where to go on after a cut. */
  readonly at: string | null
  readonly text: string
}

/** One line of `docker logs --timestamps`. A progress bar redraws itself with carriage returns: each drawing is a line. */
export function readLogLine(line: string): LogLine[] {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(line)
  const at = match?.[1] ?? null
  return (match?.[2] ?? line)
    .split('\r')
    .filter((text, i, all) => text !== '' || all.length === 1)
    .map((text) => ({ at, text: plainText(text) }))
}

/** The lines of `docker logs --timestamps` as they were written: docker prints the container's two streams one after the other. */
export function inOrder(output: string): string[] {
  const lines = output.split('\n').filter((line) => line !== '')
  return lines
    .map((line) => ({ line, key: orderKey(readLogLine(line)[0]?.at ?? '') }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ line }) => line)
}

/** True when a line is newer than the last one that was read: `--since` shows that one again. Fractions of a second have different lengths. */
export const isNewer = (at: string | null, last: string | null): boolean => at === null || last === null || orderKey(at) > orderKey(last)

function orderKey(timestamp: string): string {
  const [whole = '', fraction = ''] = timestamp.replace(/(Z|[+-]\d\d:\d\d)$/, '').split('.')
  return `${whole}.${fraction.padEnd(9, '0')}`
}
