import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Swap } from '../../domain/swap.ts'
import { servedOn } from '../integration/engine-client.ts'
import type { PartName } from './control-plane.ts'
import { badEnds, hitInside, launchesOf, overlaps, staleStarts } from './invariants.ts'
import { launchers, phases, scene, sceneModels, type HeldPhase, type Scene } from './scenes.ts'
import { Seed } from './seed.ts'
import { World } from './world.ts'

const seed = new Seed('killed parts')
const parts: readonly PartName[] = ['worker', 'api', 'temporal']
const reserved = 'spark-reserved'
const hostOf = (phase: HeldPhase): string => `spark-${phase}`

let world: World
let lock: Record<string, unknown>
beforeAll(async () => {
  world = await World.start({ hosts: [...phases.map(hostOf), reserved], models: sceneModels })
  const answer = await world.plane.send('POST', '/api/swap/lock', { holder: 'cron', purpose: 'the nightly run', hosts: [reserved], ttl_s: 3600 })
  expect(answer.status).toBe(201)
  lock = answer.json
}, 120_000)
afterAll(() => world.close())

/** Six swaps, one a phase; the part is killed when all stand in theirs, and started again. */
async function killWithAllPhasesUnderWay(part: PartName, scenes: readonly Scene[]): Promise<{ killedAt: number; ended: Map<HeldPhase, Swap> }> {
  const { plane } = world
  await Promise.all(scenes.map(prepare))
  const begun = await Promise.all(scenes.map(begin))
  const killedAt = Date.now()
  await plane.kill(part)
  for (const one of scenes) one.release(world.host(hostOf(one.phase)))
  await plane.startAgain(part)
  const ended = await Promise.all(begun.map(({ swapId }) => plane.ended(swapId)))
  return { killedAt, ended: new Map(scenes.map(({ phase }, i) => [phase, ended[i]!])) } // one swap a scene, in their order
}

/** The host serves what the scene begins with. */
async function prepare({ phase, before }: Scene): Promise<void> {
  const { deployment } = await world.plane.host(hostOf(phase))
  if (deployment?.model === before) return
  expect(await world.plane.swap({ model: before, hosts: [hostOf(phase)] })).toMatchObject({ outcome: 'completed' })
}

/** Asks for the swap and waits until it is in the middle of the phase, by the API and by the host's own record. */
async function begin(one: Scene): Promise<{ swapId: string }> {
  const host = hostOf(one.phase)
  const before = world.record(host).length
  one.hold(world.host(host))
  const swapId = await world.plane.startSwap({ model: one.target, hosts: [host] })
  await world.plane.inPhase(swapId, one.phase)
  while (!one.underWay(world.record(host).slice(before))) await pause(25)
  return { swapId }
}

describe.each(parts)('the %s is killed and started again while six swaps are each in another phase', (part) => {
  const scenes = phases.map((phase) => scene(phase, seed.pick(launchers), seed.pick(launchers)))
  let ended: Map<HeldPhase, Swap>
  let killedAt: number
  beforeAll(async () => {
    ;({ ended, killedAt } = await killWithAllPhasesUnderWay(part, scenes))
  }, 170_000)

  test.each(scenes)('in $phase: the swap goes on to its end, with one engine a launch, and what is told is what is served', async (one) => {
    const host = hostOf(one.phase)
    const swap = ended.get(one.phase)!
    expect(hitInside(swap, one.phase, killedAt), 'the kill fell into the phase').toBe(true)
    expect(swap).toMatchObject({ outcome: one.outcome, left: { [host]: one.outcome === 'completed' ? 'target' : 'previous' } })
    expect(badEnds(swap)).toEqual([])

    const engines = world.engines(host)
    expect(overlaps(engines)).toEqual([])
    expect(staleStarts(engines)).toEqual([])
    const launches = launchesOf(engines, swap.swap_id)
    expect(launches).toHaveLength(one.launches)
    expect(new Set(launches).size).toBe(one.launches)

    const serving = one.outcome === 'completed' ? one.target : one.before
    const { deployment } = await world.plane.host(host, (told) => told.deployment?.healthy === true && told.deployment.model === serving)
    expect(deployment?.swap_id).toBe(swap.swap_id)
    expect((await servedOn(world.host(host).vllmPort))?.id).toBe(deployment?.served_id)
  })

  test('the lock is still its holder’s, with the same fence, and still keeps others out', async () => {
    const { json } = await world.plane.ask('/api/swap/lock')
    expect(json).toMatchObject({ held: true, holder: 'cron', fence: lock['fence'] })
    const other = await world.plane.send('POST', '/api/swap', { model: 'old-docker', hosts: [reserved] })
    expect(other).toMatchObject({ status: 423, json: { code: 'reserved', holder: 'cron' } })
    const extended = await world.plane.send('POST', '/api/swap/lock', { ttl_s: 3600 }, { 'x-swap-lock-token': String(lock['token']) })
    expect(extended).toMatchObject({ status: 200, json: { fence: lock['fence'] } })
    expect(world.engines(reserved).filter(({ kind }) => kind === 'start')).toEqual([])
  })
})
