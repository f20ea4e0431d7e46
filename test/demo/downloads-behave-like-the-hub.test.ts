import { afterAll, beforeAll, expect, test } from 'vitest'
import { Fabric } from '../../demo/fabric/fabric.ts'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
let other: Spark
const download = '~/spark-vllm-docker/hf-download.sh'
const hub = '~/.cache/huggingface/hub'
const slow = { bytes: 600_000, takes_s: 5, stallsAt: null }
const partOf = async (model: string): Promise<number> =>
  Number((await spark.run(`cat ${hub}/models--${model.replace('/', '--')}/blobs/*.incomplete 2>/dev/null | wc -c`)).stdout)

beforeAll(async () => {
  const fabric = new Fabric()
  const start = (name: string) => startSpark({ name, fabric, models: [], download: slow })
  ;[spark, other] = await Promise.all([start('spark-1'), start('spark-2')])
})
afterAll(async () => {
  await Promise.all([spark.close(), other.close()])
})

test('a download fills the cache, tells how far it is, and the model can be served', async () => {
  expect((await spark.run(`test -d ${hub}/models--org--new`)).code).not.toBe(0)
  const { code, stdout, stderr } = await spark.run(`${download} org/new`)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/snapshots\/[0-9a-f]{40}\nDone\.\n$/) })
  expect(stderr).toMatch(/Fetching 6 files: 100%\|█{10}\| 6\/6/)
  expect(stderr).toMatch(/model-00001-of-00003\.safetensors: +50%/)
  await spark.launch('org/new')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
})

test('one that stalls stays where it is; ended, it leaves its part, and the next goes on from there', async () => {
  spark.host.behave({ download: { ...slow, stallsAt: 0.4 } })
  const stalled = spark.run(`timeout -k 1 600 ${download} org/stalls & echo $! > ~/pid; wait`)
  await until(
    () => partOf('org/stalls'),
    (bytes) => bytes >= 80_000,
  )
  await spark.run('kill $(cat ~/pid)')
  await stalled
  const left = await partOf('org/stalls')
  expect(left).toBe(80_000)
  spark.host.behave({ download: slow })
  const { code, stderr } = await spark.run(`${download} org/stalls`)
  expect(code).toBe(0)
  expect(/model-00001-of-00003\.safetensors: +(\d+)%/.exec(stderr)![1]).toBe('45')
  expect(await partOf('org/stalls')).toBe(0)
})

test.each([
  ['org/gated-one', '', /401 Client Error[\s\S]*Cannot access gated repo for url/],
  ['org/gated-one', 'HF_TOKEN=hf_wrong', /403 Client Error/],
  ['org/no-such-repo', '', /RepositoryNotFoundError: 404 Client Error/],
])('%s cannot be had (%s)', async (model, env, words) => {
  const { code, stdout, stderr } = await spark.run(`${env} ${download} ${model}`)
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('Error: Download failed.') })
  expect(stderr).toMatch(words)
})

test('a token in the environment or in its file opens what is gated', async () => {
  expect((await spark.run(`HF_TOKEN=hf_demo ${download} org/gated-one`)).code).toBe(0)
  await spark.run('mkdir -p ~/.cache/huggingface && echo hf_demo > ~/.cache/huggingface/token')
  expect((await spark.run(`${download} org/gated-two`)).code).toBe(0)
})

test('a full disk ends it', async () => {
  spark.host.fillDisk()
  const { code, stderr } = await spark.run(`${download} org/too-much`)
  spark.host.emptyDisk()
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('[Errno 28] No space left on device') })
})

test('it is copied to the other Spark where that is asked, and says when that cannot be reached', async () => {
  expect(await spark.run(`${download} -c org/new`)).toMatchObject({ code: 0 })
  expect((await other.run(`ls ${hub}/models--org--new/snapshots/*/`)).stdout).toContain('config.json')
  other.host.cutFabric(true)
  expect(await spark.run(`${download} -c ${other.host.fabricAddress} org/new`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No route to host'),
  })
  other.host.cutFabric(false)
})
