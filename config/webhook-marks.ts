import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { Rfc3339 } from '../domain/names.ts'
import type { Failing } from '../domain/webhooks/retries.ts'
import { withLock, writeWhole } from './kept-file.ts'
import type { Places } from './places.ts'

/** An endpoint that was switched off by itself. It holds for that URL only: an owner who gives another has mended it. `event_id` is that of the event that tells of it. */
export const OffMark = z.object({ at: Rfc3339, reason: z.string(), url: z.string(), event_id: z.string() })
export type OffMark = z.infer<typeof OffMark>

const FailingMark = z.object({ since: z.number(), attempts: z.number() })

/** Data of this program beside keys and logs. */
export const dataRoot = (places: Places): string => dirname(places.keysDir)

/** What the workers found out about endpoints, for all processes to see: small files in `<data>/webhooks`. */
export class WebhookMarks {
  readonly #folder: string

  constructor(places: Places) {
    this.#folder = join(dataRoot(places), 'webhooks')
  }

  /** All that are switched off, by id. A mark that cannot be read is none. */
  off(): ReadonlyMap<string, OffMark> {
    const ids = this.#names().flatMap((name) => (name.endsWith('.disabled') ? [name.slice(0, -'.disabled'.length)] : []))
    return new Map(
      ids.flatMap((id) => {
        const mark = OffMark.safeParse(this.#read(`${id}.disabled`))
        return mark.success ? [[id, mark.data] as const] : []
      }),
    )
  }

  async switchOff(id: string, mark: OffMark): Promise<void> {
    await this.#write(`${id}.disabled`, mark)
  }

  /** Null where the last attempt succeeded, or none was made. */
  failing(id: string): Failing | null {
    const mark = FailingMark.safeParse(this.#read(`${id}.failing`))
    return mark.success ? mark.data : null
  }

  async keepFailing(id: string, failing: Failing | null): Promise<void> {
    if (failing === null) await rm(join(this.#folder, `${id}.failing`), { force: true })
    else await this.#write(`${id}.failing`, failing)
  }

  /** A fresh start: switched on again by its owner, or gone. */
  async forget(id: string): Promise<void> {
    for (const name of [`${id}.disabled`, `${id}.failing`]) await rm(join(this.#folder, name), { force: true })
  }

  async #write(name: string, mark: object): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = join(this.#folder, name)
    // Two deliveries to one endpoint may fail at once, in one worker or in two.
    await withLock(path, () => writeWhole(path, `${JSON.stringify(mark)}\n`, 0o600))
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
    } catch {
      return [] // none was ever made
    }
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.#folder, name), 'utf8'))
    } catch {
      return null
    }
  }
}
