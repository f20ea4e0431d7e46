import type { ModelControl, ServiceControl, SettingControl } from '../../api/deps.ts'
import type { CatalogChange, CatalogModel } from '../../domain/catalog-model.ts'
import { Problem } from '../../domain/problem.ts'
import type { ServiceRestart } from '../../domain/services/restart.ts'
import { change, ownModel } from '../views/catalog-fixtures.ts'
import { now } from '../views/fixtures.ts'
import type { Ask, FixtureState } from './fixture-control.ts'

/** The catalog as the page sees it: what is changed is only noted, but for models that are added or go. */
export function catalog(state: FixtureState, ask: Ask): ModelControl {
  const find = (key: string): CatalogModel => {
    const found = state.catalog.find((model) => model.key === key)
    if (found === undefined) throw new Problem('unknown_model', `No model is called ${key}`)
    return found
  }
  const changed = (action: string, model: CatalogModel, facts: object, save: boolean): Promise<CatalogChange> => {
    if (save) ask(action, { key: model.key, ...facts })
    return Promise.resolve(change(model, { saved: save, used_by: [...state.usedBy] }))
  }
  return {
    list: () => [...state.catalog],
    read: find,
    create({ key, ...entry }, save) {
      const made = ownModel(key, { name: entry.name ?? key, repo: entry.repo ?? null, local_path: entry.local_path ?? null })
      const done = changed('create_model', made, { entry }, save)
      if (save) state.catalog = [...state.catalog, made]
      return done
    },
    replace: async (key, entry, save) => await changed('replace_model', find(key), { entry }, save),
    setKnobs: async (key, knobs, save) => await changed('set_knobs', find(key), { knobs }, save),
    async remove(key) {
      ask('remove_model', { key: find(key).key })
      state.catalog = state.catalog.filter((model) => model.key !== key)
      await Promise.resolve()
    },
  }
}

export const settings = (state: FixtureState, ask: Ask): SettingControl => ({
  list: () => state.settings,
  change(changes, actor) {
    ask('change_settings', { changes, by: actor.name })
    return Promise.resolve(state.settings)
  },
})

const restart: ServiceRestart = {
  restart_id: '5f0c1f6e-8a86-4a3b-9f57-7d1f3a2b4c5d',
  service: 'vectors',
  host: 'spark-1',
  container: 'qdrant',
  state: 'running',
  detail: null,
  started_at: now,
  ended_at: null,
}

export const services = (state: FixtureState, ask: Ask): ServiceControl => ({
  endpoints: () => Promise.resolve(state.endpoints),
  deepHealth() {
    ask('deep_health', {})
    return Promise.resolve({
      ok: false,
      asked_at: now,
      checks: [
        { name: 'gpt-oss-120b', what: 'model', kind: 'vllm', host: 'spark-1', asked: 'completion', ok: true, took_s: 0.8, detail: '4 tokens' },
        { name: 'vectors', what: 'service', kind: 'qdrant', host: null, asked: 'probe', ok: false, took_s: 5, detail: 'nothing listens' },
      ],
    })
  },
  connectivity() {
    ask('connectivity', {})
    return Promise.resolve({
      ok: false,
      tried_at: now,
      hosts: [
        {
          host: 'spark-2',
          address: '127.0.0.1',
          ok: false,
          broke: 'tcp',
          hops: [
            { hop: 'dns', state: 'ok', detail: '127.0.0.1', cause: null },
            { hop: 'tcp', state: 'broken', detail: 'refused', cause: null },
            { hop: 'ssh', state: 'skipped', detail: 'not tried: an earlier hop broke', cause: null },
          ],
        },
      ],
    })
  },
  restart(name, caller) {
    ask('restart_service', { name, by: caller.name })
    return Promise.resolve(restart)
  },
  readRestart: () => Promise.resolve({ ...restart, state: 'ok', detail: 'qdrant runs again on spark-1', ended_at: now }),
})
