import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** Everything that can be on record. Facts beside the name are free-form: a test reads what it needs. */
export type EventName =
  | 'boot'
  | 'power_off'
  | 'ssh_exec'
  | 'ssh_refused'
  | 'container_run'
  | 'container_start'
  | 'container_exit'
  | 'container_removed'
  | 'engine_start'
  | 'engine_healthy'
  | 'engine_refused_port'
  | 'engine_exit'
  | 'fault'

/**
 * The host's own record of what happened on it, independent of whoever commanded it: one JSON line an event, with the host's time in ms and
 * a number that only grows. Written synchronously, so that the order of lines is the order of effects.
 */
export class EventLog {
  readonly file: string
  #seq: number

  constructor(file: string) {
    this.file = file
    this.#seq = existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
  }

  write(event: EventName, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#seq += 1
    appendFileSync(this.file, `${JSON.stringify({ seq: this.#seq, at_ms: Date.now(), event, ...facts })}\n`)
  }
}
