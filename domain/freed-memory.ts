import { kilobytes } from './host-facts/kilobytes.ts'
import { gib } from './memory.ts'

/** MemFree of /proc/meminfo in bytes: what CUDA on a Spark takes for free, without the page cache. */
export const memFree = (meminfo: string): number | null => kilobytes(meminfo, 'MemFree')

/** What dropping the page cache came to, in words. `refusal` is what sudo said. */
export function freedWords(before: number | null, after: number | null, refusal: string | null): string {
  if (refusal !== null) return `the page cache could not be dropped: ${refusal}`
  if (before === null || after === null) return 'the page cache was dropped'
  return `the page cache was dropped, ${gib(Math.max(0, after - before))} of it became free`
}
