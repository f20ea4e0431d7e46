import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const longestBytes = 5_000_000
const kept = 3

/**
 * The log file of one part: every line as it came. At 5 MB it moves to `.1`, and the three before it move on.
 * A disk that is full costs lines, never the part.
 */
export class PartLog {
  readonly path: string
  #file: number | null = null
  #bytes = 0

  constructor(path: string) {
    this.path = path
  }

  write(line: string): void {
    try {
      this.#file ??= this.#open()
      this.#bytes += writeSync(this.#file, `${line}\n`)
      if (this.#bytes >= longestBytes) this.#rotate()
    } catch {
      // Nowhere left to say it: the console has the important lines.
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true })
    const file = openSync(this.path, 'a')
    this.#bytes = fstatSync(file).size
    return file
  }

  #rotate(): void {
    this.close()
    for (let n = kept - 1; n >= 1; n--) {
      try {
        renameSync(`${this.path}.${n}`, `${this.path}.${n + 1}`)
      } catch {
        // There is none with that number yet.
      }
    }
    renameSync(this.path, `${this.path}.1`)
  }
}
