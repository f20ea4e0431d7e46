import { expect, test } from 'vitest'
import { pageModules } from '../../api/pages/index.ts'
import { routeTable } from '../../api/route-table.ts'
import type { Route } from '../../api/route.ts'
import type { ApiRequest } from '../../views/curl.ts'
import { paths } from '../../views/paths.ts'
import { fixtureControl } from '../browser/fixture-control.ts'
import { fixtureState } from '../browser/fixture-state.ts'
import { page } from './fixtures.ts'

const forms = pageModules(fixtureControl(fixtureState(page()))).flatMap((module) => module.forms)

const endpoint = { url: 'http://192.168.1.20:8123/hook', name: 'HA', enabled: '1', events: 'swap_failed' }
const external = { id: 'nightly', rhythm: 'cron', cron: '0 6 * * *', timezone: 'Europe/Berlin', owner: 'anna', host: 'nas', grace_s: '300' }

const repository = {
  key: 'tuned',
  name: 'Tuned',
  repo: 'acme/tuned',
  launcher: 'docker',
  placement: 'spark-1,spark-2',
  'launch.volumes': '/data:/data:ro\r\n/more:/more',
  'launch.master_port': '29501',
  'launch.ray': 'true', // of another launcher: it is not sent
  env: 'A=b=c\r\nD=',
  memory_gib: '62.5',
  knobs: '1',
  max_model_len: '32768',
}
const localModel = {
  key: 'tuned',
  local_path: '/models/tuned',
  launcher: 'spark-vllm-docker',
  placement: 'any',
  'launch.mods': 'fix-a',
  port: '8001',
}

/** What a person may have put into each form, by its address. */
const filledIn: Record<string, Record<string, string>[]> = {
  [paths.swap]: [
    { model: 'qwen3-30b', place: 'spark-1', on_failure: 'leave', on_drain_timeout: 'fail', on_busy: 'queue', attempt: 'attempt-1' },
    { model: 'qwen3-30b', place: 'spark-1,spark-2', force: '1', reason: "it's urgent" },
  ],
  [paths.unload]: [{ hosts: 'spark-1' }],
  [paths.cancel]: [{ id: 'swap-00000002' }, { id: 'swap-00000002', reason: 'wrong model' }],
  [paths.forceRelease]: [{ reason: 'hangs', hosts: 'spark-1' }, { reason: 'hangs' }],
  [paths.dryRun]: [{ model: 'qwen3-30b' }, { model: 'qwen3-30b', hosts: 'spark-2' }],
  [paths.lookAtHost]: [
    { address: '192.168.1.11', user: 'spark', port: '22' },
    { address: '192.168.1.11', fingerprint: `SHA256:${'a'.repeat(43)}`, with: '0b8f2f0e-5a5f' },
  ],
  [paths.saveSetup]: [{ discoveries: '0b8f2f0e-5a5f,0b8f2f0e-5a60', entries: 'host:spark-1', based_on: 'abc', cluster_id: 'home' }],
  [paths.addModel]: [repository, localModel],
  [paths.previewNewModel]: [repository],
  [paths.editModel]: [{ ...repository, checks: '[{"prompt":"Say pong.","contains":"pong"}]' }],
  [paths.previewModel]: [localModel],
  [paths.editKnobs]: [
    { key: 'qwen3-30b', max_model_len: '65536', 'was.dtype': 'auto', dtype: '', trust_remote_code: 'true', extra_args: '--a\r\nb' },
    { key: 'qwen3-30b' },
  ],
  [paths.previewKnobs]: [{ key: 'qwen3-30b', gpu_memory_utilization: '0.85' }],
  [paths.resetKnobs]: [{ key: 'qwen3-30b' }],
  [paths.deleteModel]: [{ key: 'qwen3-30b' }],
  [paths.downloadModel]: [{ key: 'qwen3-30b' }, { key: 'qwen3-30b', hosts: 'spark-1', copy_to: 'spark-2' }],
  [paths.cancelDownload]: [{ id: 'spark-1~Qwen--Qwen3-30B-A3B' }],
  [paths.deleteWeights]: [{ key: 'qwen3-30b', hosts: 'spark-1' }],
  [paths.changeSetting]: [
    { name: 'drain_s', value: '60' },
    { name: 'allowed_hosts', value: 'spark.lan, spark' },
    { name: 'webhook_allow_loopback', value: 'true' },
    { name: 'vllm_image', value: '' },
  ],
  [paths.resetSetting]: [{ name: 'drain_s' }],
  [paths.restartService]: [{ name: 'vectors', attempt: 'attempt-1' }],
  [paths.tryWays]: [{}],
  [paths.askDeep]: [{}],
  [paths.addExternal]: [
    external,
    { ...external, rhythm: 'at', at: '2026-12-24T20:00' },
    { ...external, rhythm: 'every', every: '6h', command: 'x', model: 'qwen3-30b', hosts: 'spark-1', expected_s: '60' },
  ],
  [paths.readCrontabLine]: [{ line: '0 6 * * * /home/anna/x.sh' }],
  [paths.addManaged]: [
    {
      id: 'm',
      action: 'swap',
      model: 'qwen3-30b',
      on_failure: 'restore',
      rhythm: 'cron',
      cron: '@daily',
      when_refused: 'skip',
      wait_s: '60',
      jitter_s: '30',
      overlap: 'skip',
    },
    { id: 'm', action: 'swap', model: '', rhythm: 'every', every: '1d' },
    { id: 'm', action: 'warm', hosts: 'spark-1', rhythm: 'cron', cron: '0 3 * * *' },
    { id: 'm', action: 'restart_service', service_host: 'spark-1', container: 'whisper', rhythm: 'cron', cron: '0 3 * * *' },
    { id: 'm', action: 'health_sweep', rhythm: 'cron', cron: '0 3 * * *' },
    { id: 'm', action: 'release_stale_lock', held_longer_than_s: '7200', rhythm: 'cron', cron: '0 3 * * *' },
  ],
  [paths.addDayNight]: [
    { name: 'models', night_model: 'gpt-oss-120b', night_time: '22:00', day_model: 'qwen3-30b', day_time: '07:05', hosts: 'spark-1' },
  ],
  [paths.importSchedules]: [
    { list: '0 6 * * * x\r\n@daily y', owner: 'anna', host: 'nas' },
    { list: '{"jobs": []}', owner: 'anna', host: 'nas', timezone: 'Europe/Berlin' },
  ],
  [paths.runSchedule]: [{ id: 'm' }],
  [paths.pauseSchedule]: [{ id: 'm' }],
  [paths.resumeSchedule]: [{ id: 'm' }],
  [paths.deleteSchedule]: [{ id: 'm' }],
  [paths.addWebhook]: [endpoint, { ...endpoint, secret: 'a-secret-of-16-or-more' }],
  [paths.editWebhook]: [{ ...endpoint, id: 'ha' }],
  [paths.switchWebhook]: [{ ...endpoint, id: 'ha' }],
  [paths.testWebhook]: [{ id: 'ha' }],
  [paths.deleteWebhook]: [{ id: 'ha' }],
  [paths.redeliver]: [{ id: 'home-assistant~evt_1' }],
}

const cases = forms.flatMap((form) =>
  (filledIn[form.path] ?? []).map((fields) => ({ path: form.path, fields, requests: form.requests(new URLSearchParams(fields)) })),
)

/** The row of the route table that answers the request, with what it makes of the path. */
function routeOf({ method, path }: ApiRequest): { route: Route; params: Record<string, string> } | null {
  for (const route of routeTable) {
    const names = [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)
    const found = new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`).exec(path)
    if (route.method === method && found !== null) {
      return { route, params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1] ?? '')])) }
    }
  }
  return null
}

test('no form is without an example here', () => {
  expect(forms.filter(({ path }) => filledIn[path] === undefined)).toEqual([])
})

test.each(cases)('$path: the route that its curl line names takes what it sends ($fields)', ({ requests }) => {
  expect(requests.length).toBeGreaterThan(0)
  for (const request of requests) {
    const found = routeOf(request)
    expect(found, `${request.method} ${request.path}`).not.toBeNull()
    const { route, params } = found!
    const body: unknown = request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body, secretsFilledIn))
    expect(route.params.safeParse(params).error).toBeUndefined()
    expect(route.query.safeParse(request.query ?? {}).error).toBeUndefined()
    expect(route.headers.safeParse(headersOf(request)).error).toBeUndefined()
    if (route.body === null) expect(body).toBeUndefined()
    else expect(route.body.safeParse(body).error).toBeUndefined()
  }
})

const secretsFilledIn = (_: string, value: unknown): unknown => (isPlaceholder(value) ? 'whatever-the-shell-has-in-it' : value)
const headersOf = ({ headers = {} }: ApiRequest): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), secretsFilledIn(name, value)]))
const isPlaceholder = (value: unknown): boolean => typeof value === 'object' && value !== null && 'variable' in value

test('a secret that was typed is not in the request that is shown', () => {
  const add = forms.find(({ path }) => path === paths.addWebhook)!
  expect(JSON.stringify(add.requests(new URLSearchParams({ ...endpoint, secret: 'a-secret-of-16-or-more' })))).not.toContain('a-secret')
})
