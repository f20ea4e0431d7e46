import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ApiServer } from '../api/api-server.ts'
import { Seed } from '../faults/seed.ts'
import { LockClient, type LockAnswer } from './lock-client.ts'
import { ReplyDropper } from './reply-dropper.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer
beforeAll(async () => {
  stage = await startStage()
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
afterEach(() => {
  expect(api.undeclared).toEqual([])
})

const newToken = (): string => randomBytes(32).toString('base64url')

test('of fifty who come at once exactly one gets it, round after round, and none is told of an error of ours', async () => {
  const client = new LockClient(api.url)
  let lastFence = 0
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.acquire({ holder: `contender ${String(i)}`, ttl_s: 60 })))
    const granted = answers.filter(({ status }) => status === 201)
    expect(granted).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 423)).toHaveLength(49)
    const { json } = granted[0] ?? never()
    for (const { status, json: refusal } of answers)
      if (status === 423) expect(refusal).toMatchObject({ holder: json['holder'], fence: json['fence'] })
    expect(Number(json['fence'])).toBeGreaterThan(lastFence)
    lastFence = Number(json['fence'])
    await client.release(String(json['token']))
  }
})

const never = (): never => {
  throw new Error('it was counted a line before')
}

/** Asks until an answer comes, as a cron with a retry does. */
async function insist(ask: () => Promise<LockAnswer>): Promise<LockAnswer> {
  for (;;) {
    try {
      return await ask()
    } catch {
      // The connection broke: whether it was done is not known, and that is the point.
    }
  }
}

/** True once in every twenty calls; the seed says when. */
function oneInTwenty(seed: Seed): () => boolean {
  const places = Array.from({ length: 20 }, (_, i) => i)
  let [calls, chosen] = [0, 0]
  return () => {
    if (calls % 20 === 0) chosen = seed.pick(places)
    return calls++ % 20 === chosen
  }
}

test('replies get lost, one in twenty: whoever repeats the request converges, on one lock at a time, and nothing is left behind', async () => {
  const seed = new Seed('lost replies')
  const dropper = await ReplyDropper.start(api, oneInTwenty(seed))
  try {
    const client = new LockClient(dropper.url)
    const fences: number[] = []
    let inside = 0
    const contend = async (name: number): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) {
        const token = newToken()
        const acquired = await insist(() => client.acquire({ holder: `contender ${String(name)}`, ttl_s: 60, token }, { waitS: 55 }))
        expect(acquired.status).toBeOneOf([200, 201])
        expect(++inside).toBe(1)
        fences.push(Number(acquired.json['fence']))
        const extended = await insist(() => client.extend(token, 120))
        expect(extended).toMatchObject({ status: 200, json: { fence: acquired.json['fence'] } })
        const again = await insist(() => client.acquire({ holder: `contender ${String(name)}`, ttl_s: 60, token }))
        expect(again).toMatchObject({ status: 200, json: { fence: acquired.json['fence'] } })
        inside--
        const released = await insist(() => client.release(token))
        expect(released.status).toBe(200)
      }
    }
    await Promise.all(Array.from({ length: 4 }, (_, i) => contend(i)))
    expect(dropper.dropped).toBeGreaterThan(0)
    expect(new Set(fences).size).toBe(20)
    expect(fences).toEqual(fences.toSorted((a, b) => a - b))
    expect((await stage.state()).reservations).toEqual([])
  } finally {
    await dropper.close()
  }
})

test('a lock whose holder never learnt of it is free again when its time is over', async () => {
  const dropper = await ReplyDropper.start(api, () => true)
  try {
    const lost = new LockClient(dropper.url).acquire({ holder: 'gives up', ttl_s: 10 })
    await expect(lost).rejects.toThrow()
    expect((await stage.state()).reservations).toMatchObject([{ holder: 'gives up' }])
    const next = await new LockClient(api.url).acquire({ holder: 'next' }, { waitS: 30 })
    expect(next).toMatchObject({ status: 201, json: { holder: 'next' } })
    await new LockClient(api.url).release(String(next.json['token']))
  } finally {
    await dropper.close()
  }
})
