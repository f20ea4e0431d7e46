import { badEnds, launchesOf, overlaps, staleStarts } from './invariants.ts'
import type { LockStorm } from './lock-storm.ts'
import type { LongHistory } from './long-history.ts'
import { workFaults, workOn } from './work-site.ts'
import type { World } from './world.ts'

/** All that is wrong after a storm: with what its contenders were told, by the hosts' own records, and with the ends of its swaps. */
export async function stormFaults(world: World, storm: LockStorm, history: LongHistory): Promise<string[]> {
  const onHosts = world.hosts.flatMap((host) => {
    const engines = world.engines(host.name)
    const twice = storm.swapIds.filter((id) => new Set(launchesOf(engines, id)).size < launchesOf(engines, id).length)
    const found = [
      ...overlaps(engines),
      ...staleStarts(engines),
      ...workFaults(workOn(host)),
      ...twice.map((id) => `swap ${id} launched one step twice`),
    ]
    return found.map((fault) => `${host.name}: ${fault}`)
  })
  const swaps = await Promise.all(storm.swapIds.map((id) => world.plane.ended(id)))
  return [...history.judge(storm.history.operations), ...storm.wrong, ...onHosts, ...swaps.flatMap(badEnds)]
}
