import { inOrder, readLogLine } from '../engine-log.ts'
import { withoutSecrets } from './plain-text.ts'

/** How much of a container's log is kept before the container goes: so many lines, and so many bytes of them, the newest. */
export const keptLines = 2_000
const keptBytes = 1_000_000
const longestLine = 2_000

/** What `docker logs --timestamps` printed, as a file that is kept: in the order in which it was written, a progress bar only as it looked last. */
export function lastWordsText(output: string): string {
  const kept: string[] = []
  let bytes = 0
  for (const line of inOrder(output).slice(-keptLines).reverse()) {
    const drawn = readLogLine(line).at(-1)
    if (drawn === undefined) continue
    const text = `${drawn.at === null ? '' : `${drawn.at} `}${withoutSecrets(drawn.text.slice(0, longestLine)).toWellFormed()}\n`
    bytes += Buffer.byteLength(text)
    if (bytes > keptBytes) break
    kept.push(text)
  }
  return kept.reverse().join('')
}
