/**
 * Reads that many viewers share: whoever asks within `lifeMs` of the last look gets that look, also while it is still under way and also when it
 * failed, so that a hundred viewers cost one look and a dead server is not hammered.
 */
export class Briefly<V> {
  readonly #looks = new Map<string, { at: number; value: Promise<V> }>()
  readonly #lifeMs: number

  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs
  }

  get(key: string, look: () => Promise<V>): Promise<V> {
    const now = performance.now()
    const known = this.#looks.get(key)
    if (known !== undefined && now - known.at < this.#lifeMs) return known.value
    for (const [old, { at }] of this.#looks) if (now - at >= this.#lifeMs) this.#looks.delete(old)
    const value = look()
    this.put(key, value)
    return value
  }

  /** A look that somebody took anyway: what was shown once is never followed by something older. */
  put(key: string, value: Promise<V>): void {
    value.catch(() => undefined) // whoever asked hears of it; nobody else has to
    this.#looks.set(key, { at: performance.now(), value })
  }

  /** After a change of our own: the next reader must see it. */
  forget(): void {
    this.#looks.clear()
  }
}
