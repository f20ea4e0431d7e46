/** How a host answered to the last looks. */
export interface Reachability {
  /** Null until enough looks in a row agree. */
  readonly reachable: boolean | null
  /** The last look, and how many in a row were like it. */
  readonly answered: boolean
  readonly row: number
}

export const notLookedYet: Reachability = { reachable: null, answered: false, row: 0 }

/** One look that fails may be a hiccup; and one that succeeds may be the last before the next reboot. */
const goneAfter = 3
const backAfter = 2

/** What is held of a host after one more look. */
export function afterLook(before: Reachability, answered: boolean): Reachability {
  const row = answered === before.answered ? before.row + 1 : 1
  return { reachable: row >= (answered ? backAfter : goneAfter) ? answered : before.reachable, answered, row }
}
