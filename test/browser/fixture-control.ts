import type { Control, EventControl, ScheduleControl, WebhookControl } from '../../api/deps.ts'
import type { CatalogChange, CatalogModel } from '../../domain/catalog-model.ts'
import type { AuditEvent } from '../../domain/events.ts'
import { Problem } from '../../domain/problem.ts'
import type { ImportReport, ScheduleList, ScheduleView } from '../../domain/scheduling/schedule.ts'
import type { Endpoints } from '../../domain/services/endpoints.ts'
import type { Download } from '../../domain/storage/download.ts'
import type { SettingsView } from '../../domain/settings-view.ts'
import type { SwapLogList, SwapLogPage } from '../../domain/swap-log.ts'
import type { PlanReport } from '../../domain/swap.ts'
import type { Telemetry } from '../../domain/telemetry/telemetry.ts'
import type { Delivery, WebhookView } from '../../domain/webhooks/webhook.ts'
import type { PageData } from '../../views/page-data.ts'
import { external, managed } from '../views/coordination-fixtures.ts'
import { catalog, services, settings } from './fixture-catalog.ts'
import { setup } from './fixture-setup.ts'
import { downloads, storage } from './fixture-weights.ts'

/** What the page asked for, in order. */
export type Asked = { action: string } & Record<string, unknown>

/** What the control answers with, until a test puts something else there. */
export interface FixtureState {
  data: PageData
  schedules: ScheduleList
  /** What an import finds, whatever was pasted. */
  importable: ImportReport
  webhooks: WebhookView[]
  deliveries: Delivery[]
  events: AuditEvent[]
  catalog: readonly CatalogModel[]
  /** What runs with other settings than a change has. */
  usedBy: CatalogChange['used_by']
  settings: SettingsView
  downloads: readonly Download[]
  endpoints: Endpoints
  telemetry: Telemetry
  /** Lines of the log of every swap; with `of`, of last words. */
  log: readonly string[]
  logs: SwapLogList['logs']
  /** The next action is refused with this. */
  refuseWith: Error | null
  /** Refuses some of what is asked. */
  refuseIf: (asked: Asked) => Error | null
  /** Schedules, webhooks and events cannot be read, for this reason. */
  unreadable: Error | null
  readonly asked: Asked[]
}

const report: PlanReport = {
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  ok: true,
  checks: [
    { host: 'spark-1', check: 'reach', ok: true, detail: 'answers in 12 ms', cause: null },
    {
      ...{ host: 'spark-1', check: 'weights', ok: true, cause: null },
      detail: '/home/a-user-with-a-long-name/mnt_nvme_0/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B-Instruct-2507-FP8',
    },
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

const unused = (): never => {
  throw new Error('the page does not use this')
}

const readable = <T>(state: FixtureState, value: T): Promise<T> =>
  state.unreadable === null ? Promise.resolve(value) : Promise.reject(state.unreadable)

export type Ask = (action: string, facts: object) => void

export function fixtureControl(state: FixtureState): Control {
  const ask: Ask = (action, facts) => {
    const refusal = state.refuseWith ?? state.refuseIf({ action, ...facts })
    if (refusal !== null) throw refusal
    state.asked.push({ action, ...facts })
  }
  const swapOf = (id: string) => [state.data.status.swap, ...state.data.status.queue, ...state.data.recent].find((swap) => swap?.swap_id === id)
  return {
    readStatus: () => Promise.resolve(state.data.status),
    readLock: () => Promise.resolve(state.data.status.lock),
    readModels: () => state.data.models,
    readModel(key) {
      const model = state.data.models.find((one) => one.key === key)
      if (model === undefined) throw new Problem('unknown_model', `No model is called ${key}`)
      return model
    },
    listSwaps: () => Promise.resolve({ swaps: [...state.data.recent], next: null }),
    readSwap(id) {
      const swap = swapOf(id)
      return swap
        ? Promise.resolve({ swap, progress: state.data.running.find((one) => one.swap.swap_id === id)?.progress ?? null })
        : Promise.reject(new Problem('unknown_swap'))
    },
    requestSwap(body, caller, options) {
      ask('swap', { body, caller, force: options?.force ?? false })
      return Promise.resolve({ kind: 'planned', report })
    },
    cancelSwap(id, reason, caller) {
      ask('cancel', { id, reason, by: caller.name })
      const swap = swapOf(id)
      return swap ? Promise.resolve(swap) : Promise.reject(new Problem('unknown_swap'))
    },
    checkModel(key, hosts) {
      ask('check', { key, hosts })
      return Promise.resolve({ ...report, model: key })
    },
    forceReleaseLock(body, caller) {
      ask('force_release', { ...body, by: caller.name })
      return Promise.resolve({ released: 1 })
    },
    readSwapLog: (_id, of, { lines }) => Promise.resolve(logPage(state, of === null ? null : `${of.host}/${of.container}`, lines)),
    listSwapLogs: () => Promise.resolve({ logs: state.logs }),
    watchSwap: unused,
    acquireLock: unused,
    extendLock: unused,
    releaseLock: unused,
    schedules: schedules(state, ask),
    webhooks: webhooks(state, ask),
    events: events(state),
    telemetry: { read: () => Promise.resolve(state.telemetry) },
    settings: settings(state, ask),
    services: services(state, ask),
    setup: setup(state, ask),
    models: catalog(state, ask),
    downloads: downloads(state, ask),
    storage: storage(state, ask),
  }
}

function logPage({ log }: FixtureState, of: string | null, lines: number): SwapLogPage {
  const shown = log.slice(-lines)
  return { of, lines: shown, offset: shown.length < log.length ? 1 : 0, next_offset: 2, bytes: 2 }
}

function schedules(state: FixtureState, ask: Ask): ScheduleControl {
  const find = (id: string): ScheduleView => {
    const found = state.schedules.schedules.find((schedule) => schedule.id === id)
    if (found === undefined) throw new Problem('unknown_schedule', `No schedule is called ${id}`)
    return found
  }
  const change = (action: string, id: string): Promise<ScheduleView> => {
    const schedule = find(id)
    ask(action, { id })
    return Promise.resolve(schedule)
  }
  return {
    list: () => readable(state, state.schedules),
    read: async (id) => await Promise.resolve(find(id)),
    put(body, actor) {
      ask('put_schedule', { body, by: actor.name })
      const schedule = body.kind === 'managed' ? managed(body.id, body) : external(body.id, body)
      const others = state.schedules.schedules.filter(({ id }) => id !== body.id)
      const created = others.length === state.schedules.schedules.length
      state.schedules = { ...state.schedules, schedules: [...others, schedule] }
      return Promise.resolve({ created, schedule })
    },
    async remove(id) {
      await change('remove_schedule', id)
      state.schedules = { ...state.schedules, schedules: state.schedules.schedules.filter((schedule) => schedule.id !== id) }
    },
    ping: unused,
    run: (id) => change('run_schedule', id),
    pause: (id) => change('pause_schedule', id),
    resume: (id) => change('resume_schedule', id),
    import(body) {
      if (!body.dry_run) ask('import', { body })
      return Promise.resolve(state.importable)
    },
  }
}

function webhooks(state: FixtureState, ask: Ask): WebhookControl {
  const find = (id: string): WebhookView => {
    const found = state.webhooks.find((webhook) => webhook.id === id)
    if (found === undefined) throw new Problem('unknown_webhook', `No webhook is called ${id}`)
    return found
  }
  const view = (id: string, { url, name, events, enabled }: Parameters<WebhookControl['create']>[0]): WebhookView => ({
    ...{ id, url, name: name ?? null, events: events ?? [], enabled, source: 'api', disabled: null, secret_set: true },
  })
  const newest = (): Delivery => {
    const [first] = state.deliveries
    if (first === undefined) throw new Problem('unknown_delivery')
    return first
  }
  return {
    list: () => readable(state, state.webhooks),
    create(body, actor) {
      ask('create_webhook', { body, by: actor.name })
      const made = view('made', body)
      state.webhooks = [...state.webhooks, made]
      return Promise.resolve({ ...made, secret: body.secret === undefined ? 'whsec_bWFkZS1mb3ItdGhpcy10ZXN0LW9ubHk=' : null })
    },
    async update(id, body) {
      find(id)
      ask('update_webhook', { id, body })
      state.webhooks = state.webhooks.map((webhook) => (webhook.id === id ? view(id, body) : webhook))
      return await Promise.resolve(find(id))
    },
    async remove(id) {
      find(id)
      ask('remove_webhook', { id })
      state.webhooks = state.webhooks.filter((webhook) => webhook.id !== id)
      await Promise.resolve()
    },
    async test(id) {
      find(id)
      ask('test_webhook', { id })
      return await Promise.resolve(newest())
    },
    deliveries: ({ webhook }) =>
      Promise.resolve({ deliveries: state.deliveries.filter(({ webhook_id }) => webhook === undefined || webhook_id === webhook), next: null }),
    async redeliver(id) {
      ask('redeliver', { id })
      return await Promise.resolve(newest())
    },
  }
}

function events(state: FixtureState): EventControl {
  return {
    list({ types, since, limit }) {
      const fitting = state.events.filter(({ type }) => types === null || types.includes(type))
      const listed = since === null ? fitting : fitting.filter((event) => String(event.seq) > since || event.timestamp >= since).toReversed()
      const page = listed.slice(0, limit)
      return readable(state, { events: page, next: listed.length > limit ? String(page.at(-1)?.seq ?? '') : null })
    },
    watch: unused,
  }
}
