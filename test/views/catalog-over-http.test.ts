import { afterEach, beforeEach, expect, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import { startFixtureSite, type FixtureSite } from '../browser/fixture-site.ts'
import { ownModel } from './catalog-fixtures.ts'
import { ended, page } from './fixtures.ts'
import { text } from './reading.ts'

let site: FixtureSite
beforeEach(async () => {
  site = await startFixtureSite(page())
})
afterEach(() => site.close())

const get = async (path: string) => await (await fetch(site.url + path)).text()
const post = (path: string, fields: Record<string, string>) => fetch(site.url + path, { method: 'POST', body: new URLSearchParams(fields) })

test.each([
  '/models?page=0&show=x',
  '/models?page=1e9',
  '/swaps?id=$(x)',
  '/swaps?before=%2F',
  '/swaps?id=swap-99999999',
  '/swaps?id=swap-00000002&of=../x',
])('%s, whatever was typed there, is still a page', async (path) => {
  expect((await fetch(site.url + path)).status).toBe(200)
})

test('of the knobs only those that were changed are sent, each in its kind; one that was emptied goes back', async () => {
  const fields = {
    ...{ key: 'gpt-oss-120b', max_model_len: '65536', 'was.max_model_len': '32768', gpu_memory_utilization: '' },
    ...{ trust_remote_code: '', 'was.trust_remote_code': 'true', enable_prefix_caching: 'true' },
    ...{ extra_args: '--a\r\n\r\n b \r\n', 'was.extra_args': '--a', quantization: 'fp8', 'was.quantization': 'fp8' },
  }
  expect((await post('/ui/models/knobs', fields)).status).toBe(204)
  expect(site.asked).toEqual([
    {
      action: 'set_knobs',
      key: 'gpt-oss-120b',
      knobs: { max_model_len: 65_536, trust_remote_code: null, enable_prefix_caching: true, extra_args: ['--a', 'b'] },
    },
  ])
})

test('a preview tells the command and changes nothing; while the fields do not fit, it says what is missing without alarm', async () => {
  const fitting = await post('/ui/models/knobs/preview', { key: 'gpt-oss-120b', max_model_len: '65536' })
  expect(text(await fitting.text())).toContain('vllm serve openai/gpt-oss-120b')
  const lacking = await post('/ui/models/add/preview', { key: '', repo: 'acme/m' })
  expect(lacking.status).toBe(422)
  const words = await lacking.text()
  expect(text(words)).toContain('The command can be told when the form is filled in: key')
  expect(words).not.toContain('role="alert"')
  expect(site.asked).toEqual([])
})

test('a knob that is no number is refused by its name, in words', async () => {
  const answer = await post('/ui/models/knobs', { key: 'qwen3-30b', max_model_len: 'many' })
  expect(answer.status).toBe(422)
  expect(text(await answer.text())).toContain('max_model_len')
  expect(site.asked).toEqual([])
})

test('what is saved while the model runs otherwise says so, and leads to its swap', async () => {
  site.usedBy = [{ swap_id: 'swap-00000001', hosts: ['spark-1'] }]
  const answer = await post('/ui/models/knobs', { key: 'gpt-oss-120b', max_model_len: '65536' })
  expect(answer.status).toBe(200)
  const words = await answer.text()
  expect(text(words)).toContain('It is used by the running deployment on spark-1, which was started with other settings: swap to apply these.')
  expect(words).toContain('/ui/dialog/swap?model=gpt-oss-120b')
})

test('a model is added with what its launcher takes, and fields of other launchers stay behind', async () => {
  const fields = {
    ...{ key: 'tuned', local_path: '/models/tuned', launcher: 'docker', placement: 'spark-2,spark-1', env: 'A=b=c\r\nD=' },
    ...{ 'launch.volumes': '/data:/data:ro', 'launch.recipe': 'not-for-docker', 'launch.master_port': '29501', knobs: '1', max_model_len: '4096' },
  }
  expect((await post('/ui/models/add', fields)).status).toBe(204)
  expect(site.asked).toMatchObject([
    {
      action: 'create_model',
      key: 'tuned',
      entry: {
        ...{ local_path: '/models/tuned', launcher: 'docker', placement: ['spark-2', 'spark-1'], env: { A: 'b=c', D: '' } },
        ...{ launch: { volumes: ['/data:/data:ro'], master_port: 29_501 }, knobs: { max_model_len: 4096 } },
      },
    },
  ])
})

test('an environment that is none is refused by its field', async () => {
  const answer = await post('/ui/models/add', { key: 'm', repo: 'a/b', env: 'NOT A PAIR' })
  expect([answer.status, text(await answer.text()).includes('NOT A PAIR is not NAME=value')]).toEqual([422, true])
})

test.each([
  [{ name: 'drain_s', value: '60' }, { drain_s: 60 }],
  [{ name: 'drain_s', value: 'soon' }, { drain_s: 'soon' }],
  [{ name: 'drain_s', value: ' ' }, { drain_s: null }],
  [{ name: 'allowed_hosts', value: 'spark.lan, spark,' }, { allowed_hosts: ['spark.lan', 'spark'] }],
  [{ name: 'webhook_allow_loopback', value: 'true' }, { webhook_allow_loopback: true }],
])('a setting is sent in its kind, and what is none is left to be refused: %j', async (fields, changes) => {
  expect((await post('/ui/settings/change', fields)).status).toBe(204)
  expect(site.asked).toEqual([{ action: 'change_settings', changes, by: 'dashboard' }])
})

test('a setting that does not exist is refused', async () => {
  expect((await post('/ui/settings/change', { name: 'constructor', value: '1' })).status).toBe(422)
  expect(site.asked).toEqual([])
})

test('five hundred models: the page stays small enough to be sent whole', async () => {
  site.catalog = Array.from({ length: 500 }, (_, i) => ownModel(`model-${String(i)}`))
  const markup = await get('/models?q=model-4')
  expect(text(markup)).toContain('111 of 500 models')
  expect(markup.match(/class="row model"/g)).toHaveLength(50)
})

test('of a log that still grows the newest lines are sent, of one that has ended two thousand', async () => {
  site.log = Array.from({ length: 2500 }, (_, i) => `line-${String(i)}.`)
  site.data = page({}, { recent: [ended('completed')] })
  const markup = await get('/swaps?id=swap-ended-completed')
  expect(markup.match(/line-\d+\./g)).toHaveLength(2000)
})

test('a restart that the gate refuses says so in words, beside its button', async () => {
  site.refuseWith = new Problem('reserved', 'nightly-cron has reserved spark-1')
  const answer = await post('/ui/services/restart', { name: 'vectors', attempt: 'attempt-1' })
  expect(answer.status).toBe(423)
  expect(text(await answer.text())).toContain('nightly-cron has reserved spark-1')
})

test('a real question is asked only when somebody presses for it', async () => {
  await get('/hosts')
  await get('/ui/dialog/deep-health')
  expect(site.asked).toEqual([])
  expect(text(await (await post('/ui/hosts/deep-health', {})).text())).toContain('gpt-oss-120b on spark-1 a completion, 0.8 s: 4 tokens')
})

test('folders of a host are looked at one by one, and the one that is chosen stands in the field', async () => {
  expect(text(await get('/ui/models/folders?host=spark-1'))).toContain('spark-1 folders where local models may lie')
  const inside = await get('/ui/models/folders?host=spark-1&path=%2Fmodels')
  expect(text(inside)).toContain('ten31 15.0 GiB of weights Use it')
  expect(inside).toContain('hx-get="/ui/models/local-path?path=%2Fmodels%2Ften31"')
  expect(await get('/ui/models/local-path?path=%2Fmodels%2Ften31')).toMatch(/name="local_path"\s+value="\/models\/ten31"/)
})

test('a folder that may not be looked into says why, in the place of the list', async () => {
  const answer = await fetch(`${site.url}/ui/models/folders?host=spark-1&path=%2Fsecret`)
  expect(answer.status).toBe(422)
  const words = await answer.text()
  expect(text(words)).toContain('/secret lies outside of /models')
  expect(words).not.toContain('dialog-title')
})

test('weights are downloaded to the hosts that were ticked, and deleted from one', async () => {
  await post('/ui/models/download', { key: 'qwen3-30b', hosts: 'spark-1', copy_to: 'spark-2' })
  const deleted = await post('/ui/models/disk/delete', { key: 'qwen3-30b', hosts: 'spark-1' })
  expect(text(await deleted.text())).toContain('gone took 0.0 s 56.9 GiB are free again')
  expect(site.asked).toEqual([
    { action: 'download', key: 'qwen3-30b', body: { hosts: ['spark-1'], copy_to: ['spark-2'] } },
    { action: 'delete_weights', key: 'qwen3-30b', host: 'spark-1', by: 'dashboard' },
  ])
})
