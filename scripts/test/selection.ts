const laneNames = ['unit', 'integration', 'faults', 'hosts', 'browser'] as const
export type LaneName = (typeof laneNames)[number]
const checkNames = ['lint', 'types'] as const
export type CheckName = (typeof checkNames)[number]

/** What of the whole test run was asked for. */
export interface Selection {
  readonly checks: readonly CheckName[]
  readonly lanes: readonly LaneName[]
  /** Parts of file names; empty means every file of the lanes. */
  readonly files: readonly string[]
}

/**
 * `npm test` runs everything; `npm test -- unit` that lane alone; `npm test -- unit domain/lock` its files with that in their names;
 * `npm test -- domain/lock` such files in every lane.
 */
export function select(args: readonly string[]): Selection {
  const checks = checkNames.filter((name) => args.includes(name))
  const lanes = laneNames.filter((name) => args.includes(name))
  const files = args.filter((arg) => !isName(arg))
  if (checks.length === 0 && lanes.length === 0) return { checks: files.length === 0 ? checkNames : [], lanes: laneNames, files }
  return { checks, lanes, files }
}

const isName = (arg: string): boolean => [...checkNames, ...laneNames].some((name) => name === arg)
