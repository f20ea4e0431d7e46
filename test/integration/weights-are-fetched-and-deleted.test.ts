import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import type { Disks, DiskDeletion, ModelDisk } from '../../domain/storage/disk.ts'
import { downloadWorkflowId, type Download } from '../../domain/storage/download.ts'
import type { FolderList } from '../../domain/storage/question.ts'
import type { Swap } from '../../domain/swap.ts'
import { ApiServer } from '../api/api-server.ts'
import { keepHistory } from './keep-history.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer
const slow = { bytes: 3_000_000, takes_s: 4_000, stallsAt: null }
const quick = { ...slow, takes_s: 2 }
const own = (repo: string) => ({ repo, launcher: 'docker' })

/** In the place of Hugging Face: says how large repositories are. */
const hub = createServer(({ url = '' }, response) => {
  response.writeHead(url.includes('no-such-repo') ? 404 : 200)
  response.end(JSON.stringify({ siblings: [{ rfilename: 'model.safetensors', size: 3_000_000 }] }))
})

beforeAll(async () => {
  await once(hub.listen(0, '127.0.0.1'), 'listening')
  const { port } = hub.address() as AddressInfo // it listens on TCP
  stage = await startStage({
    hosts: ['spark-1', 'spark-2'],
    worker: false,
    settings: { download_stall_s: 60, hf_endpoint: `http://127.0.0.1:${String(port)}` },
    models: {
      big: own('org/big'),
      twin: own('org/big'),
      locked: own('org/gated-one'),
      nowhere: own('org/no-such-repo'),
      stuck: own('org/stuck'),
      given: own('org/given'),
    },
  })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
  hub.close()
})
afterEach(() => expect(api.undeclared).toEqual([]))

const behave = (download: typeof slow | (Omit<typeof slow, 'stallsAt'> & { stallsAt: number })): void =>
  stage.hosts.forEach((host) => host.behave({ download }))

async function start(key: string, body: object = {}): Promise<Download> {
  const { status, json, text } = await api.post(`/api/models/${key}/download`, body)
  expect(status, text).toBe(202)
  return (json as { downloads: Download[] }).downloads[0]!
}
async function downloadWhen(id: string, wanted: (download: Download) => boolean): Promise<Download> {
  for (;;) {
    const { json } = await api.ask(`/api/downloads/${id}`)
    if (wanted(json as Download)) return json as Download
    await pause(100)
  }
}
const ended = (id: string): Promise<Download> => downloadWhen(id, ({ state }) => state === 'done')
const onHost = async (name: string, command: string): Promise<string> => {
  const exit = await stage.ssh.look(name, ['sh', '-c', command])
  if (exit.kind !== 'exited') throw new Error(exit.reason)
  return exit.stdout.trim()
}
const tools = (): Promise<string> => onHost('spark-1', 'ps -eo args | grep -c "[u]vx hf download org/big" || :')

test('a worker that is killed leaves the download to the next one, which follows the same process; asked for again, it is joined', async () => {
  behave(slow)
  const first = stage.spawnWorker()
  await stage.surveyed()
  const { download_id: id } = await start('big', { copy_to: ['spark-2'] })
  expect(id).toBe('spark-1~org--big')
  const before = await downloadWhen(id, ({ bytes, tool }) => (bytes ?? 0) > 0 && tool !== null)
  expect(before).toMatchObject({ phase: 'fetch', tool: 'uvx hf', total_bytes: 3_000_000 })
  const pid = await onHost('spark-1', 'cat /var/lib/spark-control/downloads/models--org--big/pid')
  await first.kill()
  await stage.addWorker()
  await downloadWhen(id, ({ bytes }) => (bytes ?? 0) > (before.bytes ?? 0))
  expect(await onHost('spark-1', 'cat /var/lib/spark-control/downloads/models--org--big/pid')).toBe(pid)
  expect(await start('twin')).toMatchObject({ download_id: id, joined: true, model: 'big' })
})

test('its weights are not deleted while they come, and other models are swapped meanwhile', async () => {
  expect((await api.ask('/api/models/big/disk?host=spark-1', { method: 'DELETE' })).json).toMatchObject({ status: 409, code: 'download_running' })
  expect((await stage.swap('gemma-3-27b')).outcome).toBe('completed')
  expect((await api.post('/api/swap', { model: 'big', dry_run: true })).json.checks).toContainEqual(
    expect.objectContaining({
      check: 'weights',
      ok: false,
      cause: expect.objectContaining({ code: 'weights_missing', advice: expect.stringContaining('POST /api/models/big/download') }),
    }),
  )
})

test('cancelled, nothing of it is left running; asked for again it goes on, is copied to the second Spark, and is told', async () => {
  const id = 'spark-1~org--big'
  expect((await api.post(`/api/downloads/${id}/cancel`, {})).status).toBe(202)
  const cancelled = await ended(id)
  expect(cancelled).toMatchObject({ outcome: 'cancelled', cause: { code: 'cancelled' } })
  expect(await tools()).toBe('0')
  expect((await api.post(`/api/downloads/${id}/cancel`, {})).json).toMatchObject({ status: 409, code: 'download_ended' })
  await keepHistory(stage.client, 'download-cancelled', downloadWorkflowId(stage.clusterId, id))

  behave(quick)
  await start('big', { copy_to: ['spark-2'] })
  const done = await ended(id)
  expect(done).toMatchObject({ outcome: 'completed', cause: null, copies: [{ host: 'spark-2', state: 'done' }] })
  expect(done.bytes).toBeGreaterThanOrEqual(slow.bytes)
  await keepHistory(stage.client, 'download-completed', downloadWorkflowId(stage.clusterId, id))
  const { hosts } = (await api.ask('/api/models/big/disk')).json as ModelDisk
  expect(hosts).toMatchObject([
    { host: 'spark-1', state: 'there', cause: null },
    { host: 'spark-2', state: 'there', cause: null },
  ])
  expect(((await api.ask('/api/downloads')).json as { downloads: Download[] }).downloads.map((one) => one.download_id)).toEqual([id])
  const told = (await stage.audit()).filter(({ type }) => type.startsWith('download_'))
  expect(told.map(({ type, result }) => [type, result])).toEqual([
    ['download_started', 'begun'],
    ['download_failed', 'cancelled'],
    ['download_started', 'begun'],
    ['download_complete', 'completed'],
  ])
})

test('one whose bytes stand still is begun again, and given up when that does not help', async () => {
  expect((await api.ask('/api/settings', { method: 'PUT', body: { download_stall_s: 2 } })).status).toBe(200)
  behave({ ...quick, stallsAt: 0.5 })
  const { download_id: id } = await start('stuck')
  expect(await ended(id)).toMatchObject({ outcome: 'failed', cause: { code: 'download_stalled' } })
  behave(quick)
  await start('stuck')
  expect(await ended(id)).toMatchObject({ outcome: 'completed' })
})

test('what may not be had, and what is not there, is named at once; a token in a file opens it and is seen nowhere', async () => {
  expect(await ended((await start('nowhere')).download_id)).toMatchObject({ outcome: 'failed', cause: { code: 'repo_not_found' } })
  const { download_id: id } = await start('locked')
  expect(await ended(id)).toMatchObject({ outcome: 'failed', cause: { code: 'gated_repo' } })
  await keepHistory(stage.client, 'download-failed', downloadWorkflowId(stage.clusterId, id))
  writeFileSync(join(stage.places.keysDir, 'hf-token'), 'hf_itsasecret\n', { mode: 0o600 })
  await start('locked')
  expect(await ended(id)).toMatchObject({ outcome: 'completed' })
  const history = await stage.client.workflow.getHandle(downloadWorkflowId(stage.clusterId, id)).fetchHistory()
  const words = JSON.stringify(history, (name, value: unknown) =>
    name === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  )
  expect(words).toContain('org/gated-one')
  expect(words).not.toContain('hf_itsasecret')
  expect(await onHost('spark-1', 'grep -rl hf_itsasecret /var/lib/spark-control || :')).toBe('')
})

test('a full disk is said before the first byte', async () => {
  stage.host('spark-1').fillDisk()
  const { download_id: id } = await start('given')
  expect(await ended(id)).toMatchObject({ outcome: 'failed', phase: null, cause: { code: 'disk_full' } })
  stage.host('spark-1').emptyDisk()
})

test('the weights of a loaded model stay; of another one a dry run lists what would go, and a deletion takes it under a claim', async () => {
  const remove = (key: string, query: string) => api.ask(`/api/models/${key}/disk?${query}`, { method: 'DELETE' })
  expect((await remove('gemma-3-27b', 'host=spark-1')).json).toMatchObject({ status: 409, code: 'model_in_use' })
  expect((await remove('house-fine-tune', 'host=spark-1')).json).toMatchObject({ status: 409, code: 'local_model' })
  const { json: report } = await remove('big', 'host=spark-1&dry_run=true')
  expect(report).toMatchObject({ dry_run: true, repo: 'org/big', also_used_by: ['twin'], cause: null })
  expect(report.paths[0].path).toMatch(/hub\/models--org--big\/blobs\/[0-9a-f]{64}$/)
  expect(existsSync(report.paths[0].path as string)).toBe(true)
  const { fence } = await stage.state()
  const { status, json } = await remove('big', 'host=spark-1')
  expect({ status, json }).toMatchObject({ status: 200, json: { state: 'ok', repo: 'org/big' } })
  await keepHistory(stage.client, 'weights-deleted', `delete/${stage.clusterId}/${(json as DiskDeletion).deletion_id}`)
  await stage.until(({ claims }) => claims.length === 0)
  expect((await stage.ssh.marker('spark-1')).fence).toMatchObject({ fence: fence + 1 })
  const { hosts } = (await api.ask('/api/disk')).json as Disks
  expect(hosts.map(({ host, stored }) => [host, stored.some(({ repo }) => repo === 'org/big')])).toEqual([
    ['spark-1', false],
    ['spark-2', true],
  ])
  expect((await stage.audit()).filter(({ type }) => type === 'weights_deleted')).toMatchObject([{ result: 'ok', hosts: ['spark-1'] }])
})

test('folders of a host are browsed inside of its roots only, and a local model is taken only where it is one', async () => {
  const models = stage.host('spark-1').file('/models')
  mkdirSync(join(models, 'mine'), { recursive: true })
  for (const name of ['config.json', 'model.safetensors']) writeFileSync(join(models, 'mine', name), '{}')
  mkdirSync(join(models, 'empty'), { recursive: true })
  symlinkSync('/etc', join(models, 'out'))
  const list = (path: string) => api.ask(`/api/hosts/spark-1/folders?path=${encodeURIComponent(path)}`)
  const roots = (await api.ask('/api/hosts/spark-1/folders')).json
  expect(roots.folders).toContainEqual(expect.objectContaining({ name: '/models' }))
  const { json } = await list('/models')
  expect(json.folders).toContainEqual(expect.objectContaining({ name: 'mine', looks_like_model: true, weights_bytes: 2 }))
  expect((json as FolderList).folders.map(({ name }) => name)).not.toContain('out')
  for (const [path, code] of [
    ['/models/../etc', 'local_path_climbs'],
    ['/models/out', 'local_path_outside'],
    ['/etc', 'local_path_outside'],
    ['/models/gone', 'local_path_missing'],
    ['/models/mine/config.json', 'local_path_not_folder'],
  ] as const)
    expect((await list(path)).json, path).toMatchObject({ status: 422, code })

  const add = (key: string, local_path: string) => api.post('/api/models', { key, local_path, launcher: 'docker' })
  expect((await add('tune-a', '/models/out')).json).toMatchObject({ status: 422, code: 'local_path_outside' })
  expect((await add('tune-a', '/models/empty')).json).toMatchObject({ status: 422, code: 'local_path_no_config' })
  const added = await add('tune-a', '/models/mine')
  expect(added.json, added.text).toMatchObject({ saved: true, model: { local: true, warnings: [] } })
  expect((await api.ask('/api/models/tune-a/disk?host=spark-1', { method: 'DELETE' })).json).toMatchObject({ status: 409, code: 'local_model' })
  expect((await api.post('/api/models/tune-a/download', {})).json).toMatchObject({ status: 409, code: 'local_model' })
})

test('a model that will not fit by its estimate is refused before anything was touched, and tried all the same where that is asked', async () => {
  const layers = { num_hidden_layers: 80, num_attention_heads: 64, num_key_value_heads: 8, hidden_size: 8192, max_position_embeddings: 1_048_576 }
  const config = { architectures: ['LlamaForCausalLM'], torch_dtype: 'bfloat16', ...layers }
  writeFileSync(join(stage.host('spark-1').file('/models'), 'mine', 'config.json'), JSON.stringify(config))
  const swapEnd = async (body: object) => {
    const { status, json, text } = await api.post('/api/swap', { model: 'tune-a', ...body })
    expect(status, text).toBe(202)
    for (;;) {
      const swap = (await api.ask(`/api/swap/${String(json.swap_id)}`)).json as Swap
      if (swap.state === 'done') return swap
      await pause(100)
    }
  }
  const refused = await swapEnd({})
  expect(refused).toMatchObject({
    outcome: 'preflight_failed',
    cause: { code: 'memory_estimate', message: expect.stringContaining('KV for 1024k tokens') },
  })
  expect((await swapEnd({ ignore_estimate: true })).outcome).toBe('completed')
})
