import { EventEmitter } from 'node:events'

export interface LogLine {
  readonly at: Date
  readonly from: 'out' | 'err'
  readonly text: string
}

const most_lines = 50_000

/** What a container wrote, line by line with the time of each, as docker's json-file driver keeps it. Dies with the container. */
export class ContainerLog {
  readonly lines: LogLine[] = []
  readonly #now: () => Date
  readonly #news = new EventEmitter().setMaxListeners(0)
  readonly #unfinished = { out: '', err: '' }
  #ended = false

  constructor(now: () => Date) {
    this.#now = now
  }

  write(from: 'out' | 'err', text: string): void {
    const parts = (this.#unfinished[from] + text).split('\n')
    this.#unfinished[from] = parts.pop() ?? ''
    for (const part of parts) this.#add({ at: this.#now(), from, text: part })
  }

  /** Nothing more comes: an unfinished line is written, followers are let go. */
  end(): void {
    for (const from of ['out', 'err'] as const) if (this.#unfinished[from] !== '') this.write(from, '\n')
    this.#ended = true
    this.#news.emit('end')
  }

  /** The container started again. */
  reopen(): void {
    this.#ended = false
  }

  /** Calls `line` for each new line until the log ends or `until` aborts. */
  async follow(line: (line: LogLine) => void, until: AbortSignal): Promise<void> {
    if (this.#ended || until.aborted) return
    await new Promise<void>((done) => {
      const stop = (): void => {
        this.#news.off('line', line).off('end', stop)
        until.removeEventListener('abort', stop)
        done()
      }
      this.#news.on('line', line).on('end', stop)
      until.addEventListener('abort', stop)
    })
  }

  #add(line: LogLine): void {
    this.lines.push(line)
    if (this.lines.length > most_lines) this.lines.shift()
    this.#news.emit('line', line)
  }
}
