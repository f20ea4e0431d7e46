import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ApiServer, type ApiAnswer } from './api-server.ts'

let api: ApiServer
beforeEach(async () => {
  api = await ApiServer.start()
})
afterEach(async () => {
  await api.close()
  expect(api.undeclared).toEqual([])
})

const file = (): string => join(api.configDir, 'models-overrides.yaml')
const written = (): string => (existsSync(file()) ? readFileSync(file(), 'utf8') : '')
const put = (path: string, body: object): Promise<ApiAnswer> => api.ask(path, { method: 'PUT', body })
const tune = { key: 'my-tune', local_path: '/models/my-tune', launcher: 'docker' }

describe('a model of one’s own', () => {
  test('is added, with the command that a swap would run', async () => {
    const added = await api.post('/api/models', { ...tune, knobs: { max_model_len: 4096 } })
    expect(added.status, added.text).toBe(201)
    expect(added.headers.location).toBe('/api/models/my-tune')
    expect(added.json).toMatchObject({ saved: true, model: { key: 'my-tune', origin: 'own', changed: [], local: true } })
    expect(added.json.commands[0].command).toContain('vllm serve /models/my-tune --port 8801 --served-model-name my-tune --max-model-len 4096')
    expect((await api.ask('/api/models/my-tune')).json).toMatchObject({ local_path: '/models/my-tune', knobs: { max_model_len: 4096 } })
    expect(written()).toContain('my-tune:\n    local_path: /models/my-tune\n    launcher: docker\n    knobs:\n      max_model_len: 4096\n')
  })

  test('is written one field a line, also after the last one was taken out', async () => {
    writeFileSync(file(), 'models: {}\n')
    await api.post('/api/models', tune)
    expect(written()).toBe('models:\n  my-tune:\n    local_path: /models/my-tune\n    launcher: docker\n')
    writeFileSync(file(), 'models: {}\n')
    await put('/api/models/gpt-oss-120b/knobs', { max_model_len: 8192 })
    expect(written()).toBe('models:\n  gpt-oss-120b:\n    knobs:\n      max_model_len: 8192\n')
  })

  test('may have a key that every object knows', async () => {
    const added = await api.post('/api/models', { ...tune, key: 'constructor' })
    expect(added.json, added.text).toMatchObject({ saved: true, model: { key: 'constructor', origin: 'own' } })
    expect((await api.ask('/api/models/constructor')).json).toMatchObject({ local_path: '/models/my-tune' })
  })

  test('is only shown by a dry run', async () => {
    const shown = await api.post('/api/models?dry_run=true', tune)
    expect(shown.json).toMatchObject({ saved: false, model: { key: 'my-tune' } })
    expect(written()).toBe('')
    expect((await api.ask('/api/models/my-tune')).status).toBe(404)
  })

  test.each([
    ['a key that is there', { ...tune, key: 'mine' }, 409, 'model_exists', ''],
    ['a slash in the key', { ...tune, key: 'my/tune' }, 422, 'invalid_request', 'key'],
    ['an upper-case key', { ...tune, key: 'My-Tune' }, 422, 'invalid_request', 'key'],
    ['a key of 200 characters', { ...tune, key: 'k'.repeat(200) }, 422, 'invalid_request', 'key'],
    ['neither repo nor path', { key: 'my-tune' }, 422, 'invalid_request', ''],
    ['both repo and path', { ...tune, repo: 'a/b' }, 422, 'invalid_request', ''],
    ['an unknown launcher', { ...tune, launcher: 'podman' }, 422, 'invalid_request', 'launcher'],
    ['an unknown host', { ...tune, placement: ['spark-9'] }, 422, 'invalid_request', 'placement.0'],
    ['a knob out of range', { ...tune, knobs: { gpu_memory_utilization: 1.5 } }, 422, 'invalid_request', 'knobs.gpu_memory_utilization'],
    ['text for a number', { ...tune, knobs: { max_model_len: 'much' } }, 422, 'invalid_request', 'knobs.max_model_len'],
    ['an unknown knob', { ...tune, knobs: { speed: 11 } }, 422, 'invalid_request', 'knobs.speed'],
    ['a port among the extra arguments', { ...tune, knobs: { extra_args: ['--port', '1'] } }, 422, 'invalid_request', 'knobs.extra_args.0'],
    ['a host among them, written with =', { ...tune, knobs: { extra_args: ['--host=0.0.0.0'] } }, 422, 'invalid_request', 'knobs.extra_args.0'],
    ['an option of another launcher', { ...tune, launch: { recipe: 'x' } }, 422, 'invalid_request', 'launch.recipe'],
    ['a host twice', { ...tune, placement: ['spark-1', 'spark-1'] }, 422, 'invalid_request', 'placement.1'],
    ['more hosts than ranks', { ...tune, placement: ['spark-1', 'spark-2'] }, 422, 'invalid_request', 'placement'],
    ['a command without its texts', { ...tune, launcher: 'command', launch: { start: 'x' } }, 422, 'invalid_request', 'launch'],
    ['a newline among them', { ...tune, knobs: { extra_args: ['--seed\n1'] } }, 422, 'invalid_request', 'knobs.extra_args.0'],
  ])('%s is refused by name, and nothing is written', async (_what, body, status, code, field) => {
    const refused = await api.post('/api/models', body)
    expect(refused.json, refused.text).toMatchObject({ status, code })
    if (field !== '') expect(refused.json.errors).toContainEqual(expect.objectContaining({ field }))
    expect(written()).toBe('')
  })

  test('quotes in an extra argument are only characters', async () => {
    const words = ['--chat-template', `{{ "it's" }}`]
    const added = await api.post('/api/models', { ...tune, knobs: { extra_args: words } })
    expect(added.json.model.knobs.extra_args).toEqual(words)
    expect(added.json.commands[0].command).toContain(`'{{ "it'\\''s" }}'`)
  })
})

describe('a model that ships', () => {
  test('keeps what is not changed, and shows what is', async () => {
    const changed = await put('/api/models/gpt-oss-120b/knobs', { max_model_len: 8192 })
    expect(changed.status, changed.text).toBe(200)
    expect(changed.json.model).toMatchObject({ origin: 'changed', changed: ['knobs.max_model_len'], repo: 'openai/gpt-oss-120b' })
    const back = await put('/api/models/gpt-oss-120b/knobs', { max_model_len: null })
    expect(back.json.model).toMatchObject({ origin: 'shipped', changed: [] })
    expect(written()).not.toContain('gpt-oss-120b')
  })

  test('keeps each of two changes that follow at once, and shows both', async () => {
    await api.close()
    api = await ApiServer.start({ configLife_ms: 60_000 })
    await put('/api/models/gpt-oss-120b/knobs', { max_model_len: 8192 })
    await put('/api/models/gpt-oss-120b/knobs', { max_num_seqs: 2 })
    expect((await api.ask('/api/models/gpt-oss-120b')).json.knobs).toMatchObject({ max_model_len: 8192, max_num_seqs: 2 })
  })

  test('is as it shipped after a reset of all knobs, and keeps other changes', async () => {
    await put('/api/models/gpt-oss-120b', { repo: 'openai/gpt-oss-120b', name: 'Big one', knobs: { max_num_seqs: 2 } })
    const reset = await api.ask('/api/models/gpt-oss-120b/knobs', { method: 'DELETE' })
    expect(reset.json.model).toMatchObject({ name: 'Big one', changed: ['name'], knobs: { extra_args: [] } })
  })

  test('warns where its code would run on the host', async () => {
    const changed = await put('/api/models/gpt-oss-120b/knobs?dry_run=true', { trust_remote_code: true })
    expect(changed.json.model.warnings).toEqual([expect.stringContaining('runs code')])
  })
})

describe('the owner’s file', () => {
  test('keeps its comments and its order', async () => {
    const text =
      '# mine\nmodels:\n  # the big one\n  gpt-oss-120b:\n    name: Big # really\n  zeta:\n    repo: a/z\n    knobs:\n      max_num_seqs: 2 # enough\n'
    writeFileSync(file(), text)
    await put('/api/models/zeta/knobs', { max_num_seqs: 4 })
    expect(written()).toContain('# mine\nmodels:\n  # the big one\n  gpt-oss-120b:\n    name: Big # really\n  zeta:')
    expect(written()).toContain('max_num_seqs: 4 # enough')
    expect((await api.ask('/api/models/zeta')).json.knobs.max_num_seqs).toBe(4)
  })

  test('with an error is not written over: the error is told with its place', async () => {
    writeFileSync(file(), 'models:\n  gpt-oss-120b:\n    nam: Big\n')
    const refused = await api.post('/api/models', tune)
    expect(refused.json).toMatchObject({ status: 503, code: 'config_invalid' })
    expect(refused.json.detail).toContain('models-overrides.yaml:3:5')
  })

  test('whose anchors multiply is refused, not unfolded', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `  l${String(i)}: &l${String(i)} [${
          i === 0
            ? '1'
            : Array(9)
                .fill(`*l${String(i - 1)}`)
                .join(', ')
        }]`,
    )
    writeFileSync(file(), `bomb:\n${levels.join('\n')}\nmodels: {}\n`)
    expect((await api.ask('/api/models')).json).toMatchObject({ status: 503, code: 'config_invalid' })
  })
})

test('500 models are added and listed', async () => {
  const models = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${String(i)}`, { repo: `org/m${String(i)}` }]))
  writeFileSync(file(), JSON.stringify({ models }))
  expect((await api.post('/api/models', tune)).status).toBe(201)
  expect((await api.ask('/api/models')).json.models).toHaveLength(504)
})
