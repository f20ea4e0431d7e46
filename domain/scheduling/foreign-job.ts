import type { ExternalBody } from './schedule.ts'

/** One job of another scheduler, as it is read there; or why it was not read. */
export interface ReadJob {
  readonly line: number | null
  /** As it stands there, for people to find it again. */
  readonly text: string
  readonly job: ForeignJob | { readonly skipped: string }
}
export type ForeignJob = Pick<ExternalBody, 'id'> & Partial<Omit<ExternalBody, 'id' | 'kind' | 'owner' | 'host'>>

/** A word of letters, digits and dashes that tells what a text is about. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')

/** Eight hexadecimal digits that are the same for the same text (FNV-1a): to tell jobs apart, not to hide anything. */
export function mark(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** Commands hold tokens and passwords at times; a schedule is shown to everybody. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(/\b(bearer|basic)\s+[^\s"']+/gi, '$1 ***')
    .replace(/\b([\w-]*(?:token|secret|password|passwd|api[_-]?key))(["']?\s*[=:]\s*["']?)[^\s"'&]+/gi, '$1$2***')
    .replace(/(\s--?[\w-]*(?:token|secret|password|key)\s+)[^\s-][^\s]*/gi, '$1***')
    .replace(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, '$1:***@')
    .replace(/(\scurl\b.*?\s(?:-u|--user)\s+["']?[^\s:"']+):[^\s"']+/gi, '$1:***')
