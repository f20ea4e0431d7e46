import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { servedOn } from '../integration/engine-client.ts'
import { badEnds, launchesOf, overlaps, staleStarts, type RecordLine } from './invariants.ts'
import { launchers, scene, sceneModels, type HeldPhase, type Scene } from './scenes.ts'
import { Seed } from './seed.ts'
import { World } from './world.ts'

const seed = new Seed('a worker that wakes late')
const chosen = (phase: HeldPhase): Scene => scene(phase, seed.pick(launchers), seed.pick(launchers))
const [toLaunch, toStop] = [chosen('launch'), chosen('stop')]
const hostOf = ({ phase }: Scene): string => `spark-${phase}`

let world: World
beforeAll(async () => {
  world = await World.start({ hosts: [hostOf(toLaunch), hostOf(toStop)], models: sceneModels })
  for (const one of [toLaunch, toStop])
    expect(await world.plane.swap({ model: one.before, hosts: [hostOf(one)] })).toMatchObject({ outcome: 'completed' })
}, 120_000)
afterAll(() => world.close())

/** Everything on a host that changes what runs there. */
const effects = (record: readonly RecordLine[]): readonly RecordLine[] =>
  record.filter(({ event }) => event.startsWith('container_') || event.startsWith('engine_'))

/** Asks for the scene's swap, and returns in the middle of its phase. */
async function begin(one: Scene): Promise<{ one: Scene; host: string; swapId: string }> {
  const host = hostOf(one)
  const begunAt = world.record(host).length
  one.hold(world.host(host))
  const swapId = await world.plane.startSwap({ model: one.target, hosts: [host] })
  await world.plane.inPhase(swapId, one.phase)
  while (!one.underWay(world.record(host).slice(begunAt))) await pause(10)
  return { one, host, swapId }
}

test('a worker that freezes in a stop and in a launch, and wakes when another one has finished both, has no effect any more', async () => {
  const { plane } = world
  const launching = await begin(toLaunch)
  const stopping = await begin(toStop)
  plane.worker.freeze() // while it waits for `docker stop`: what it would do next is `docker kill`
  plane.anotherWorker()
  for (const { one, swapId, host } of [launching, stopping]) {
    const swap = await plane.ended(swapId)
    expect(swap, JSON.stringify(swap.cause)).toMatchObject({ outcome: 'completed', left: { [host]: 'target' } })
    expect(badEnds(swap)).toEqual([])
    expect(launchesOf(world.engines(host), swapId), `one launch after a freeze in ${one.phase}`).toHaveLength(1)
  }

  const asleep = new Map([launching, stopping].map(({ host }) => [host, world.record(host).length]))
  const since = (host: string): RecordLine[] => world.record(host).slice(asleep.get(host))
  plane.worker.thaw()
  // It sees a container of the name that it was to stop, which is the new one, and is refused by its fence.
  while (!/docker kill vllm_node\n(.*\n)*.* stop .*higher fence/.test(world.swapLog(stopping.swapId))) await pause(25)
  expect(since(stopping.host).filter(({ event, command }) => event === 'ssh_exec' && /docker\W+kill\W/.test(String(command)))).toHaveLength(1)

  for (const { one, swapId, host } of [launching, stopping]) {
    expect(effects(since(host)), `no effect on ${host}`).toEqual([])
    expect([...overlaps(world.engines(host)), ...staleStarts(world.engines(host))]).toEqual([])
    const { deployment } = await plane.host(host, (told) => told.deployment?.swap_id === swapId && told.deployment.healthy)
    expect(deployment?.model).toBe(one.target)
    expect((await servedOn(world.host(host).vllmPort))?.id).toBe(deployment?.served_id)
  }
}, 170_000)
