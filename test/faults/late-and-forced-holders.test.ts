import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditEvent } from '../../domain/events.ts'
import type { ApiAnswer } from './control-plane.ts'
import { FrozenClient } from './frozen-client.ts'
import { badEnds, launchesOf, overlaps, staleStarts } from './invariants.ts'
import { hashOf, HttpDoor, type Wrong } from './lock-door.ts'
import { LockHistory, type Asked } from './lock-history.ts'
import { judge } from './lock-judge.ts'
import { fieldOf, type Field } from './lock-storm.ts'
import { launchers, sceneModels } from './scenes.ts'
import { Seed } from './seed.ts'
import { WorkSite, workOn } from './work-site.ts'
import { World } from './world.ts'

const seed = new Seed('late and forced holders')
const lockPath = '/api/swap/lock'
const began = new Date().toISOString()
const newToken = (): string => randomBytes(16).toString('hex')

let world: World
let field: Field
let leave: () => Promise<void>
beforeAll(async () => {
  world = await World.start({ hosts: ['spark-late', 'spark-forced', 'spark-loading'], models: sceneModels, apis: 2 })
  ;({ field, leave } = await fieldOf(world))
}, 120_000)
afterAll(async () => {
  await leave()
  await world.close()
})

/** As somebody's own client asks. */
const acquire = (holder: string, host: string, query = ''): Promise<ApiAnswer> =>
  world.plane.send('POST', `${lockPath}${query}`, { holder, hosts: [host], ttl_s: 10 })
const withToken = (token: unknown) => ({ 'x-swap-lock-token': String(token) })
const release = (token: unknown): Promise<ApiAnswer> => world.plane.ask(lockPath, { method: 'DELETE', headers: withToken(token) })
const swap = (token: unknown, host: string, more: object = {}): Promise<ApiAnswer> =>
  world.plane.send('POST', '/api/swap', { model: `new-${seed.pick(launchers)}`, hosts: [host], ...more }, token === null ? {} : withToken(token))

/** Past the API, which takes no TTL below ten seconds. */
async function acquireBriefly(holder: string, host: string): Promise<{ token: string; fence: number; expiresAt: number }> {
  const token = newToken()
  const answer = await field.arbiter!.ask({ type: 'acquire', tokenHash: hashOf(token), holder, purpose: null, ttlS: 2, hosts: [host] })
  if (answer.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(answer)}`)
  return { token, fence: answer.reservation.fence, expiresAt: answer.reservation.expiresAt }
}

/** The audit trail of these types on a host since this file began, once it is as `wanted` says. */
async function told(types: string, host: string, wanted: (events: readonly AuditEvent[]) => boolean): Promise<AuditEvent[]> {
  for (;;) {
    const { json } = await world.plane.ask(`/api/events?type=${types}&since=${began}&limit=1000`)
    const events = AuditEvent.array()
      .parse(json['events'])
      .filter(({ hosts }) => hosts.includes(host))
    if (wanted(events)) return events
    await pause(50)
  }
}

test('a holder that was frozen past its time changes nothing when it wakes: neither the API nor its host takes its old right', async () => {
  const [host, site] = ['spark-late', new WorkSite(field.ssh, world.clusterId)]
  const client = new FrozenClient(world.plane.url)
  try {
    const { status, json: lock } = await client.ask('POST', lockPath, { holder: 'frozen', hosts: [host], ttl_s: 10 })
    expect(status).toBe(201)
    expect(await site.work(host, Number(lock['fence']), 0)).toBe('done')
    client.freeze()
    const late = client.ask('POST', '/api/swap', { model: 'new-docker', hosts: [host] }, String(lock['token'])) // it wants to, and is frozen

    const next = await acquire('next', host, '?wait_s=30')
    const granted_ms = Date.now()
    expect(next.status).toBe(201)
    expect(granted_ms).toBeGreaterThanOrEqual(Date.parse(String(lock['expires_at'])) - 150)
    expect(Number(next.json['fence'])).toBeGreaterThan(Number(lock['fence']))
    const accepted = await swap(next.json['token'], host)
    expect(accepted.status).toBe(202)
    const swapId = String(accepted.json['swap_id'])
    expect(await world.plane.ended(swapId)).toMatchObject({ outcome: 'completed' })

    client.thaw()
    expect(await late).toMatchObject({ status: 423, json: { code: 'reserved', holder: 'next' } })
    expect(await client.ask('POST', lockPath, { ttl_s: 600 }, String(lock['token']))).toMatchObject({ status: 409, json: { code: 'lock_stale' } })
    expect(await client.ask('DELETE', lockPath, undefined, String(lock['token']))).toMatchObject({ status: 409, json: { code: 'lock_stale' } })
    expect((await world.plane.ask(lockPath)).json).toMatchObject({ holder: 'next' })
    expect(await release(next.json['token'])).toMatchObject({ status: 200, json: { released: 1 } })
    const again = await client.ask('POST', '/api/swap', { model: 'new-docker', hosts: [host] }, String(lock['token']))
    expect(again).toMatchObject({ status: 409, json: { code: 'lock_stale' } })

    expect(await site.work(host, Number(lock['fence']), 0)).toBe('refused')
    expect(workOn(world.host(host)).map(({ fence }) => fence)).toEqual([lock['fence'], lock['fence']]) // begun and ended once, before
    const starts = world.engines(host).filter(({ kind }) => kind === 'start')
    expect(starts).toMatchObject([{ mark: { swap: swapId } }])
  } finally {
    await client.close()
  }
}, 90_000)

test('a lock that is forced a hundred times while its holder extends it and gives it back: one holder at a time, the next fence each time, a line in the audit trail each time', async () => {
  const [host, history, wrong] = ['spark-forced', new LockHistory(), [] as Wrong]
  const doors = Array.from({ length: 4 }, (_, i) => new HttpDoor(world.plane.urls[i % 2]!, `caller-${i + 1}`, wrong))
  const ask = (caller: number, asked: Asked) => history.keep(`caller-${caller + 1}`, asked, () => doors[caller]!.ask(asked))
  const [forced, ttl_ms] = [new Set<number>(), 60_000]
  try {
    for (let rounds = 0; forced.size < 100 && rounds < 400; rounds += 1) {
      const [token, rival] = [newToken(), newToken()]
      const held = await ask(0, { what: 'acquire', token, hosts: [host], ttl_ms })
      const racing = [
        ask(1, { what: 'force', hosts: [host] }),
        ask(0, { what: 'extend', token, ttl_ms }),
        ask(2, { what: 'acquire', token: rival, hosts: [host], ttl_ms }),
        ...(seed.chance(0.3) ? [ask(3, { what: 'release', token })] : []),
      ] as const
      const [ended] = await Promise.all(racing)
      if (ended.kind === 'released' && ended.count === 1 && held.kind === 'granted') forced.add(held.fence ?? 0)
      await Promise.all([ask(0, { what: 'release', token }), ask(2, { what: 'release', token: rival })])
    }
  } finally {
    await Promise.all(doors.map((door) => door.close()))
  }
  expect(wrong).toEqual([])
  expect(judge(history.operations).faults).toEqual([])
  const fences = new Set(
    history.operations.flatMap(({ asked, told: answer }) => (asked.what === 'acquire' && answer.kind === 'granted' ? [answer.fence ?? 0] : [])),
  )
  expect(Math.max(...fences) - Math.min(...fences) + 1).toBe(fences.size)

  const ends = history.operations.filter(({ asked, told: answer }) => asked.what === 'force' && answer.kind === 'released' && answer.count === 1)
  const lines = await told('lock_forced', host, (events) => events.length >= ends.length)
  expect(ends.length).toBeGreaterThanOrEqual(100)
  expect(lines).toHaveLength(ends.length)
  expect(new Set(lines.map(({ fence }) => fence)).size).toBe(lines.length)
  for (const line of lines) {
    expect(fences.has(line.fence ?? 0)).toBe(true)
    expect(line).toMatchObject({
      actor: { name: 'caller-2' },
      reason: 'the test wants it',
      before: { holder: expect.stringMatching(/^caller-[13]$/) },
    })
  }
  console.log(`${fences.size} grants, ${ends.length} ended by force`)
}, 120_000)

test('a lock that runs out, is forced, or expires while a swap loads a model: the swap goes on alone, and the next one starts when it is over', async () => {
  const host = 'spark-loading'
  const loads = (load_s: number): void => world.host(host).behave({ load_s })
  const until = async (time: number): Promise<void> => {
    while (Date.now() <= time) await pause(50)
  }
  const lockOf = async (): Promise<unknown> => (await world.plane.ask(lockPath)).json['holder']

  loads(9)
  const first = await acquireBriefly('first', host)
  const loading = String((await swap(first.token, host, { model: 'old-docker' })).json['swap_id'])
  await world.plane.inPhase(loading, 'launch')
  await until(first.expiresAt + 1_000)
  expect(await lockOf(), 'its own swap keeps the lock beyond its time').toBe('first')

  expect((await world.plane.send('DELETE', `${lockPath}?force=true`, { reason: 'it takes too long', hosts: [host] })).json).toEqual({ released: 1 })
  loads(0.3)
  const second = await acquire('second', host)
  expect(second.status).toBe(201)
  expect(Number(second.json['fence'])).toBeGreaterThan(first.fence)
  expect(await swap(null, host)).toMatchObject({ status: 423, json: { holder: 'second' } })
  expect(await swap(first.token, host)).toMatchObject({ status: 423, json: { holder: 'second' } })
  expect(await swap(second.json['token'], host)).toMatchObject({ status: 409, json: { code: 'busy' } })
  const queued = await swap(second.json['token'], host, { model: 'new-docker', on_busy: 'queue' })
  expect(queued).toMatchObject({ status: 202, json: { state: 'queued', position: 1 } })
  const then = String(queued.json['swap_id'])
  const swaps = await Promise.all([loading, then].map((id) => world.plane.ended(id)))
  expect(swaps).toMatchObject([{ outcome: 'completed' }, { outcome: 'completed' }])
  expect(Date.parse(swaps[1]?.phases[0]?.started_at ?? '')).toBeGreaterThanOrEqual(Date.parse(swaps[0]?.ended_at ?? ''))
  expect(await release(second.json['token'])).toMatchObject({ status: 200, json: { released: 1 } })

  loads(4)
  const free = await swap(null, host, { model: 'old-docker' })
  expect(free.status).toBe(202)
  const third = await acquireBriefly('third', host)
  await until(third.expiresAt + 500)
  expect(await swap(null, host, { model: 'new-docker' })).toMatchObject({ status: 409, json: { code: 'busy' } })
  swaps.push(await world.plane.ended(String(free.json['swap_id'])))
  expect(swaps[2]).toMatchObject({ outcome: 'completed' })

  const engines = world.engines(host)
  expect([...overlaps(engines), ...staleStarts(engines)]).toEqual([])
  for (const { swap_id } of swaps) expect(launchesOf(engines, swap_id)).toHaveLength(1)
  expect(swaps.flatMap(badEnds)).toEqual([])
  const types = ['swap_started', 'lock_forced', 'swap_complete', 'swap_queued', 'lock_expired']
  const events = await told(types.join(), host, (all) => all.filter(({ type }) => type === 'swap_complete').length === 3)
  const story = events.map(({ type, swap_id, fence }) => `${type} ${swap_id ?? fence}`)
  const last = String(free.json['swap_id'])
  expect(story).toEqual([
    `swap_started ${loading}`,
    `lock_forced ${first.fence}`,
    `swap_queued ${then}`,
    `swap_complete ${loading}`,
    `swap_started ${then}`,
    `swap_complete ${then}`,
    `swap_started ${last}`,
    `lock_expired ${third.fence}`,
    `swap_complete ${last}`,
  ])
}, 120_000)
