import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import pino from 'pino'
import type { RequestState } from '../../api/context.ts'
import type { Control } from '../../api/deps.ts'
import { bodyLimit } from '../../api/middleware/body.ts'
import { crossOrigin } from '../../api/middleware/cross-origin.ts'
import { problems } from '../../api/middleware/problems.ts'
import { securityHeaders } from '../../api/middleware/security-headers.ts'
import { createPages } from '../../api/pages/index.ts'
import { Problem } from '../../domain/problem.ts'
import type { PlanReport } from '../../domain/swap.ts'
import type { PageData } from '../../views/page-data.ts'

/** What the page asked for, in order. */
export type Asked = { action: string } & Record<string, unknown>

export interface FixtureSite {
  readonly url: string
  readonly asked: Asked[]
  /** What the page shows from now on. */
  data: PageData
  /** The next action is refused with this. */
  refuseWith: Error | null
  /** Ends all connections, as a server that goes down does. */
  cutConnections(): void
  close(): Promise<void>
}

const report: PlanReport = {
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  ok: true,
  checks: [
    { host: 'spark-1', check: 'reach', ok: true, detail: 'answers in 12 ms', cause: null },
    { host: 'spark-1', check: 'memory', ok: true, detail: '112 GiB free, 62 GiB needed and 8 GiB kept', cause: null },
  ],
  previous: [{ model: 'gpt-oss-120b', hosts: ['spark-1'], restorable: true }],
  plan: [
    { phase: 'stop', host: 'spark-1', command: 'docker stop --time 30 vllm_node' },
    {
      phase: 'launch',
      host: 'spark-1',
      command: 'docker run --detach --name vllm_node --network host --ipc host --gpus all vllm-node vllm serve Qwen/Qwen3-30B-A3B --port 8801',
    },
  ],
}

/** The pages behind their real guards and on real HTTP, over data that a test sets: for states that are hard to bring about on a real cluster. */
export async function startFixtureSite(data: PageData): Promise<FixtureSite> {
  const log = pino({ level: 'silent' })
  const app = new Koa<RequestState>()
  app.silent = true
  app.use(problems(log)).use(securityHeaders).use(crossOrigin).use(bodyLimit)
  const server = createServer()
  const site: FixtureSite = {
    url: '',
    asked: [],
    data,
    refuseWith: null,
    cutConnections: () => server.closeAllConnections(),
    async close() {
      pages.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  const pages = createPages({ control: fixtureControl(site), log })
  pages.mountOn(app)
  const answer = app.callback()
  server.on('request', (request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return Object.assign(site, { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }) // a TCP server that listens has one
}

function fixtureControl(site: FixtureSite): Control {
  const ask = (action: string, facts: object): void => {
    if (site.refuseWith !== null) throw site.refuseWith
    site.asked.push({ action, ...facts })
  }
  const unused = (): never => {
    throw new Error('the page does not use this')
  }
  const swapOf = (id: string) => [site.data.status.swap, ...site.data.status.queue, ...site.data.recent].find((swap) => swap?.swap_id === id)
  return {
    readStatus: () => Promise.resolve(site.data.status),
    readLock: () => Promise.resolve(site.data.status.lock),
    readModels: () => site.data.models,
    readModel(key) {
      const model = site.data.models.find((one) => one.key === key)
      if (model === undefined) throw new Problem('unknown_model', `No model is called ${key}`)
      return model
    },
    listSwaps: () => Promise.resolve({ swaps: [...site.data.recent], next: null }),
    readSwap(id) {
      const swap = swapOf(id)
      return swap
        ? Promise.resolve({ swap, progress: site.data.running.find((one) => one.swap.swap_id === id)?.progress ?? null })
        : Promise.reject(new Problem('unknown_swap'))
    },
    requestSwap(body, caller, options) {
      ask('swap', { body, caller, force: options?.force ?? false })
      return Promise.resolve({ kind: 'planned', report })
    },
    cancelSwap(id, reason) {
      ask('cancel', { id, reason })
      const swap = swapOf(id)
      return swap ? Promise.resolve(swap) : Promise.reject(new Problem('unknown_swap'))
    },
    checkModel(key, hosts) {
      ask('check', { key, hosts })
      return Promise.resolve({ ...report, model: key })
    },
    forceReleaseLock(body, by) {
      ask('force_release', { ...body, by })
      return Promise.resolve({ released: 1 })
    },
    readSwapLog: unused,
    watchSwap: unused,
    acquireLock: unused,
    extendLock: unused,
    releaseLock: unused,
  }
}
