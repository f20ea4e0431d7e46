import { setTimeout as sleep } from 'node:timers/promises'

/** The demo's sense of time: what takes a real Spark 10 s takes `10 × scale` s here. Model loading has its own setting and is not scaled. */
export class Pace {
  readonly scale: number

  constructor(scale: number) {
    this.scale = scale
  }

  /** Milliseconds that `real_s` seconds of a real Spark take here. */
  ms(real_s: number): number {
    return real_s * 1000 * this.scale
  }

  /** Waits as long as `real_s` seconds of a real Spark take here; returns early, without an error, when `until` aborts. */
  async wait(real_s: number, until?: AbortSignal): Promise<void> {
    await waitMs(this.ms(real_s), until)
  }
}

/** Waits, and returns early without an error when `until` aborts. Never keeps the process alive by itself. */
export async function waitMs(ms: number, until?: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { ref: false, ...(until && { signal: until }) }).catch(() => undefined)
}
