import { catalogModel, type CatalogChange, type CatalogModel } from '../../domain/catalog-model.ts'
import type { Model } from '../../domain/model.ts'
import type { Endpoints } from '../../domain/services/endpoints.ts'
import { resolveSettings } from '../../domain/settings.ts'
import { settingsView, type SettingsView } from '../../domain/settings-view.ts'
import { noFigures } from '../../domain/telemetry/figures.ts'
import type { Telemetry, TelemetryPoint } from '../../domain/telemetry/telemetry.ts'
import { ago, model, now, service } from './fixtures.ts'

/** Models, settings, figures and addresses in the states that the tests look at. */

export const shippedModel = (key: string, more: Partial<Model> = {}): CatalogModel => {
  const one = model(key, more)
  return catalogModel(one, { origin: 'shipped', shipped: one })
}

/** One that ships, with these changes. */
export const changedModel = (key: string, shipped: Partial<Model>, changes: Partial<Model>): CatalogModel =>
  catalogModel(model(key, { ...shipped, ...changes }), { origin: 'changed', shipped: model(key, shipped) })

export const ownModel = (key: string, more: Partial<Model> = {}): CatalogModel => catalogModel(model(key, more), { origin: 'own', shipped: null })

export const someCatalog = (): CatalogModel[] => [
  shippedModel('qwen3-30b', {
    name: 'Qwen3 30B A3B',
    repo: 'Qwen/Qwen3-30B-A3B',
    memory_gib: 62,
    weights_gib: 56.9,
    source: 'https://example.org/measured-on-a-spark',
    knobs: { max_model_len: 65_536, extra_args: [] },
  }),
  changedModel(
    'gpt-oss-120b',
    { name: 'gpt-oss 120B', repo: 'openai/gpt-oss-120b', knobs: { max_model_len: 131_072, gpu_memory_utilization: 0.8, extra_args: [] } },
    { knobs: { max_model_len: 32_768, gpu_memory_utilization: 0.8, trust_remote_code: true, extra_args: ['--enable-expert-parallel'] } },
  ),
  ownModel('ten31-ft', {
    name: 'Our fine-tune',
    repo: null,
    local_path: '/models/ten31',
    local: true,
    placement: ['spark-2'],
    env: { TOKENS: 'hush' },
  }),
  ownModel('roaming', { name: 'Goes anywhere', anywhere: true, launcher: 'spark-vllm-docker' }),
  ownModel('big-two', { name: 'On both Sparks', placement: ['spark-1', 'spark-2'], launcher: 'spark-vllm-docker', launch: { ray: true } }),
]

export const change = (of: CatalogModel, more: Partial<CatalogChange> = {}): CatalogChange => ({
  model: of,
  saved: false,
  commands: [{ host: of.placement[0] ?? 'spark-1', command: `docker run --name vllm_node vllm-node vllm serve ${of.repo ?? of.local_path ?? ''}` }],
  used_by: [],
  ...more,
})

/** With a value of cluster.yaml, one that the environment fixes, one that was refused, and a secret. */
export const someSettings = (): SettingsView => {
  const { settings, sources, refused } = resolveSettings(
    { drain_s: 60, launch_s: 'soon' },
    { VLLM_PORT: '8801', WEBHOOK_SECRET: 'not-to-be-shown', ALLOWED_HOSTS: 'spark.lan,spark' },
  )
  return settingsView(settings, sources, refused)
}

export const point = (secondsAgo: number, more: Partial<TelemetryPoint> = {}): TelemetryPoint => ({ ...noFigures, at: ago(secondsAgo), ...more })

/** An hour in which a model was loaded after a gap. */
export const someTelemetry = (): Telemetry => ({
  now,
  since: ago(3600),
  step_s: 60,
  hosts: [
    {
      host: 'spark-1',
      points: Array.from({ length: 60 }, (_, i) =>
        point((60 - i) * 60, {
          mem_available_bytes: (i < 30 ? 110 : 40) * 2 ** 30,
          gpu_utilization_percent: i % 7 === 0 ? null : 40 + (i % 10) * 5,
          gpu_power_w: 30 + (i % 12),
          gpu_temperature_c: 55 + (i % 5),
          psi_memory_some_percent: i / 60,
          generation_tokens_per_s: i < 30 ? null : 60 + (i % 9),
        }),
      ),
    },
  ],
})

export const someEndpoints = (): Endpoints => ({
  models: [
    { name: 'gpt-oss-120b', kind: 'vllm', hosts: ['spark-1'], base_url: 'http://127.0.0.1:8801/v1', alias: 'current', state: 'up', since: ago(4000) },
  ],
  stable_alias: 'current',
  services: [
    service(),
    service({ name: 'speech', kind: 'kokoro', host: null, base_url: 'http://10.0.0.9:8880/v1', state: 'down', restartable: false }),
  ],
  disabled: [{ name: 'old', kind: 'qdrant', base_url: 'http://127.0.0.1:6334' }],
  problems: ['services-overrides.yaml:4:3: kind: no such kind'],
})
