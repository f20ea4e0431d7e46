const firstMs = 500
const longestMs = 30_000
/** A part that was up for this long is held to be well: its next death is a first one again. */
const wellAfterMs = 60_000

/** How long a part that died waits for its next start: 0.5 s, doubled at each death in a row, never more than 30 s. Pure. */
export class Backoff {
  #deaths = 0

  /** The wait in ms after a death; `upMs` is how long the part had been up. */
  next(upMs: number): number {
    this.#deaths = upMs >= wellAfterMs ? 1 : this.#deaths + 1
    return Math.min(longestMs, firstMs * 2 ** (this.#deaths - 1))
  }
}
