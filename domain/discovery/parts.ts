import { factsParts, type FactsPart } from '../host-facts/script.ts'

/** The parts of a look by name. What came too late is missing: half a look tells what it has. */
export class Parts {
  readonly #parts: ReadonlyMap<string, FactsPart>
  /** False when the look was cut off before its end. */
  readonly whole: boolean

  constructor(stdout: string) {
    this.whole = /^#spark end$/m.test(stdout)
    this.#parts = factsParts(`${stdout}\n#spark end\n`) ?? new Map()
  }

  /** What a part printed; null when it is missing or did not end well. */
  text(name: string): string | null {
    const part = this.#parts.get(name)
    return part?.code === 0 ? part.text : null
  }

  /** What it printed, however it ended. */
  anyText(name: string): string {
    return this.#parts.get(name)?.text ?? ''
  }

  /** True where the host ended it after its limit. */
  hung(name: string): boolean {
    const code = this.#parts.get(name)?.code
    return code === 124 || code === 137
  }

  code(name: string): number | null {
    return this.#parts.get(name)?.code ?? null
  }

  /** Names that begin with a word, without it: `cache /home/…` for `cache`. */
  named(word: string): string[] {
    return [...this.#parts.keys()].filter((name) => name.startsWith(`${word} `)).map((name) => name.slice(word.length + 1))
  }
}
