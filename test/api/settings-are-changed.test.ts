import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ApiServer, type ApiAnswer } from './api-server.ts'

let api: ApiServer
const start = async (env: Record<string, string> = {}, configLife_ms = 0): Promise<void> => {
  api = await ApiServer.start({ env, configLife_ms })
}
afterEach(async () => {
  await api.close()
  expect(api.undeclared).toEqual([])
})

const put = (body: object): Promise<ApiAnswer> => api.ask('/api/settings', { method: 'PUT', body })
const file = (): string => join(api.configDir, 'cluster.yaml')
const setting = async (name: string) => ((await api.ask('/api/settings')).json.settings as { name: string }[]).find((one) => one.name === name)

test('every setting tells its value, where that comes from, and what it is for', async () => {
  await start({ VLLM_PORT: '9001', WEBHOOK_SECRET: 'a secret of mine' })
  expect(await setting('drain_s')).toMatchObject({
    value: 30,
    default: 30,
    source: 'default',
    changeable: true,
    about: expect.stringContaining('stop'),
  })
  expect(await setting('vllm_port')).toMatchObject({ value: 9001, source: 'environment', env: 'VLLM_PORT', changeable: false })
  expect((await api.ask('/api/settings')).text).not.toContain('a secret of mine')
})

test('a change is written into cluster.yaml, whose comments stay, and applies at once', async () => {
  await start()
  writeFileSync(file(), `# my cluster\n${readFileSync(file(), 'utf8')}settings:\n  drain_s: 10 # short\n  warm_s: 20\n`)
  const changed = await put({ drain_s: 60, warm_s: null })
  expect(changed.status, changed.text).toBe(200)
  expect(await setting('drain_s')).toMatchObject({ value: 60, source: 'file' })
  expect(await setting('warm_s')).toMatchObject({ source: 'default' })
  expect(readFileSync(file(), 'utf8')).toMatch(/^# my cluster\n/)
  expect(readFileSync(file(), 'utf8')).toContain('drain_s: 60 # short')
})

test('whoever changed a setting is answered with it, and so is whoever asks next', async () => {
  await start({}, 60_000)
  for (const drain_s of [61, 62, 63]) {
    const changed = await put({ drain_s })
    expect(changed.json.settings).toContainEqual(expect.objectContaining({ name: 'drain_s', value: drain_s }))
    expect(await setting('drain_s')).toMatchObject({ value: drain_s })
  }
})

test('arguments of docker that would hide a container are refused', async () => {
  await start()
  const refused = await put({ extra_docker_args: '--shm-size 1g --name other' })
  expect(refused.json).toMatchObject({ status: 422, errors: [{ field: 'extra_docker_args', message: expect.stringContaining('--name is set by') }] })
  expect((await put({ extra_docker_args: '--shm-size 1g -e SPARKLE=1 --label my.spark.x=1' })).status).toBe(200)
})

test('one bad value among good ones changes nothing, and is named', async () => {
  await start()
  const before = readFileSync(file(), 'utf8')
  const refused = await put({ drain_s: 60, launch_s: 'soon', speed: 11 })
  expect(refused.json).toMatchObject({ status: 422, code: 'invalid_request' })
  expect(refused.json.errors).toMatchObject([{ field: 'launch_s' }, { field: 'speed' }])
  expect(readFileSync(file(), 'utf8')).toBe(before)
})

test('a setting that the environment decides, or that is known only there, is not changed here', async () => {
  await start({ VLLM_PORT: '9001' })
  expect((await put({ vllm_port: 8000 })).json).toMatchObject({ status: 409, code: 'setting_fixed', detail: 'vllm_port is set by VLLM_PORT' })
  expect((await put({ listen: '0.0.0.0:80' })).json).toMatchObject({
    status: 409,
    code: 'setting_fixed',
    detail: 'listen is only read from SPARK_LISTEN',
  })
})

test('a value in the file that was refused is shown with the reason', async () => {
  await start()
  writeFileSync(file(), `${readFileSync(file(), 'utf8')}settings: { drain_s: often }\n`)
  expect(await setting('drain_s')).toMatchObject({ value: 30, source: 'default', refused: { value: 'often' } })
})
