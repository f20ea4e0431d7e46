import { RankGroup } from './rank-group.ts'
import type { Seat } from './rank-group.ts'
import type { RayNode } from './ray.ts'

/** A host on the fast link between the Sparks, as the others see it. */
export interface FabricHost {
  readonly name: string
  readonly fabricAddress: string
  readonly user: string
  readonly sshPort: number
  readonly home: string
  /** Where a path of it lies on this machine. */
  pathOf(path: string): string
  /** Has power, and its link is not cut. */
  readonly linked: boolean
  /** The key by which its user goes to the others. */
  readonly ownPublicKey: string
  /** Somebody plugged in: lets the others' users in, and notes who there is. */
  meet(others: readonly FabricHost[]): void
}

const subnet = '192.168.100'
const firstHost = 11
const look_ms = 25

/**
 * The fast link that joins several demo hosts, which share one process. Its addresses are names only: what they stand for lies on loopback, so that
 * the demo needs no network of its own. Over it go `ssh` from host to host, and the ranks of a model that runs on several.
 */
export class Fabric {
  /** All that run Ray, of whatever cluster. */
  readonly rayNodes = new Set<RayNode>()
  readonly #hosts: FabricHost[] = []
  #taken = 0
  #waiting: Seat[] = []

  /** The address of the next one to plug in. */
  nextAddress(): string {
    this.#taken += 1
    return `${subnet}.${String(firstHost - 1 + this.#taken)}`
  }

  plugIn(host: FabricHost): void {
    this.#hosts.push(host)
    for (const each of this.#hosts) each.meet(this.neighboursOf(each))
  }

  unplug(host: FabricHost): void {
    const at = this.#hosts.indexOf(host)
    if (at >= 0) this.#hosts.splice(at, 1)
  }

  /** By fabric address or by name. */
  find(reference: string): FabricHost | undefined {
    return this.#hosts.find(({ name, fabricAddress }) => reference === fabricAddress || reference === name)
  }

  neighboursOf(host: FabricHost): FabricHost[] {
    return this.#hosts.filter((other) => other !== host)
  }

  /**
   * Takes a seat, waits until all ranks of its model have one and reach each other, and gives the group they make. Null when `until` aborts first.
   * Who sat in a group once never joins another: a worker that was left behind stays behind.
   */
  async gather(seat: Seat, until: AbortSignal): Promise<RankGroup | null> {
    this.#waiting.push(seat)
    const leave = (): void => void (this.#waiting = this.#waiting.filter((other) => other !== seat))
    until.addEventListener('abort', leave)
    try {
      while (!until.aborted) {
        this.#seatTogether(seat)
        if (seat.group) return seat.group
        await new Promise((done) => setTimeout(done, look_ms).unref())
      }
      return null
    } finally {
      until.removeEventListener('abort', leave)
      leave()
    }
  }

  #seatTogether(seat: Seat): void {
    const same = this.#waiting.filter((other) => other.meetingPoint === seat.meetingPoint && other.ranks === seat.ranks)
    const party = Array.from({ length: seat.ranks }, (_, rank) => same.find((other) => other.rank === rank))
    const seats = party.filter((each) => each !== undefined)
    // The head must be where the others look for it.
    if (seats.length < seat.ranks || !seats.every(({ host }) => host.linked) || !seat.meetingPoint.startsWith(`${headOf(seats)}:`)) return
    const group = new RankGroup(seats)
    for (const each of seats) each.group = group
    this.#waiting = this.#waiting.filter((other) => !seats.includes(other))
  }
}

const headOf = (seats: readonly Seat[]): string => seats[0]?.host.fabricAddress ?? ''
