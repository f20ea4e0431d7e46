import type { FabricHost } from './fabric.ts'

/** One rank of a model that runs on several hosts, waiting for the others. */
export interface Seat {
  /** `address:port` of the head, as all of them were told. */
  readonly meetingPoint: string
  readonly ranks: number
  readonly rank: number
  readonly host: FabricHost
  /** Aborts when its process ends. */
  readonly over: AbortSignal
  group?: RankGroup
}

/** The ranks of one running model. What one of them loses is lost: nobody takes its place. */
export class RankGroup {
  readonly #seats: readonly Pick<Seat, 'host' | 'over'>[]

  constructor(seats: readonly Pick<Seat, 'host' | 'over'>[]) {
    this.#seats = seats
  }

  /** Every rank lives, and its host is on the link. While it is not so, a step that needs all of them does not end. */
  get isWhole(): boolean {
    return this.#seats.every(({ over, host }) => !over.aborted && host.linked)
  }
}
