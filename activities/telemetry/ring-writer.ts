import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { hourOf, ringFileName, ringLine, thinned, tidying, type RingPoint } from '../../domain/telemetry/ring.ts'

const flushEveryMs = 10_000
/** Where nothing can be written, no more than so many points wait. */
const mostWaiting = 2_000

/** The one writer of the telemetry ring in a data directory. Points are written in batches; trouble with the disk is logged, and measured on. Its owner ends it. */
export class RingWriter {
  readonly #dir: string
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #waiting: RingPoint[] = []
  #writing: Promise<void> = Promise.resolve()
  #tidiedHour = -1
  #isTroubled = false

  constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), flushEveryMs)
  }

  add(point: RingPoint): void {
    this.#waiting.push(point)
    if (this.#waiting.length > mostWaiting) this.#waiting.splice(0, this.#waiting.length - mostWaiting)
  }

  /** Begins to write what waits; resolves when that is done. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const points = this.#waiting
      this.#waiting = []
      try {
        await this.#write(points)
        this.#isTroubled = false
      } catch (error) {
        this.#waiting = [...points, ...this.#waiting].slice(-mostWaiting)
        if (!this.#isTroubled) this.#log.warn({ err: error, dir: this.#dir }, 'telemetry cannot be written')
        this.#isTroubled = true
      }
    })
    return this.#writing
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(points: readonly RingPoint[]): Promise<void> {
    if (points.length === 0) return
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const byHour = Map.groupBy(points, ({ point }) => hourOf(Date.parse(point.at)))
    // A line that a dying writer left torn must not take the next one with it: each batch begins on a line of its own.
    for (const [hour, those] of byHour) await appendFile(join(this.#dir, ringFileName(hour, 'measured')), `\n${those.map(ringLine).join('')}`)
    const now = Date.now()
    if (hourOf(now) === this.#tidiedHour) return
    await this.#tidy(now)
    this.#tidiedHour = hourOf(now)
  }

  async #tidy(now: number): Promise<void> {
    const { drop, thin } = tidying(await readdir(this.#dir), now)
    for (const { name, hour } of thin) {
      const minutes = join(this.#dir, ringFileName(hour, 'minutes'))
      await writeFile(`${minutes}.new`, thinned(await readFile(join(this.#dir, name), 'utf8')))
      await rename(`${minutes}.new`, minutes)
      await rm(join(this.#dir, name), { force: true })
    }
    for (const name of drop) await rm(join(this.#dir, name), { force: true })
  }
}
