/** Keeps the last `cap` bytes of a stream, so that output of any length is drained and none of it fills the memory. */
export class Tail {
  readonly #cap: number
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(cap = 1_048_576) {
    this.#cap = cap
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    for (let first = this.#chunks[0]; first !== undefined && this.#bytes - first.length >= this.#cap; first = this.#chunks[0]) {
      this.#chunks.shift()
      this.#bytes -= first.length
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#cap).toString('utf8')
  }
}

/** Cuts a stream into lines at newline and carriage return (a progress bar is many lines). A line is at most `cap` characters long. */
export class Lines {
  readonly #onLine: (line: string) => void
  readonly #decoder = new TextDecoder()
  readonly #cap: number
  #rest = ''

  constructor(onLine: (line: string) => void, cap = 65_536) {
    this.#onLine = onLine
    this.#cap = cap
  }

  add(chunk: Buffer): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true })
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line.slice(0, this.#cap))
    if (this.#rest.length >= this.#cap) {
      this.#onLine(this.#rest.slice(0, this.#cap))
      this.#rest = ''
    }
  }

  /** Hands over a last line without an end. */
  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest.replace(/\r$/, ''))
    this.#rest = ''
  }
}
