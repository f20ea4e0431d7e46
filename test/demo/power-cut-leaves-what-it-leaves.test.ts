import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const model = 'org/some-model'
const bootId = async (): Promise<string> => (await spark.run('cat /proc/sys/kernel/random/boot_id')).stdout
const processes = async (): Promise<string> => (await spark.run(`ps -o stat= -p "$(cat ~/started)" | grep -v Z`)).stdout.trim()

beforeEach(async () => {
  spark = await startSpark({ models: [model] })
})
afterEach(() => spark.close())

test('a power cut ends engine, SSH and every process, and the boot after it has a new id on the same port', async () => {
  await spark.launch(model)
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const before = await bootId()
  const running = spark.run('setsid sh -c "echo \\$\\$ > ~/started; exec sleep 300" >/dev/null 2>&1 & sleep 300').catch(() => ({ code: null }))
  await until(processes, (pids) => pids !== '')
  await spark.host.powerOff()
  expect((await running).code).toBeNull()
  expect(await spark.health()).toBe(0)
  await expect(spark.connect()).rejects.toThrow('ECONNREFUSED')
  await spark.host.powerOn()
  expect(await bootId()).not.toBe(before)
  expect(await processes()).toBe('')
  expect(spark.last('engine_exit')).toMatchObject({ model })
})

test('after a power cut --rm containers are gone, others exited with 255, unless-stopped ones run again', async () => {
  await spark.run('docker run -d --rm --name gone vllm-node sleep infinity; docker run -d --name left vllm-node sleep infinity')
  await spark.run(
    'docker run -d --name again --restart unless-stopped vllm-node sleep infinity; docker run -d --name stopped --restart unless-stopped vllm-node sleep infinity',
  )
  await spark.run('docker stop --time 0 stopped')
  await spark.host.powerOff()
  await spark.host.powerOn()
  const { stdout } = await spark.run(`docker ps --all --format '{{.Names}} {{.State}}' | sort; docker inspect --format '{{.State.ExitCode}}' left`)
  expect(stdout).toBe('again running\nleft exited\nstopped exited\n255\n')
})

test('a reboot asked for in a shell is one', async () => {
  const before = await bootId()
  await spark.run('sudo reboot').catch(() => undefined)
  await until(
    () => bootId().catch(() => before),
    (id) => id !== before && id !== '',
  )
})

test('a frozen host accepts connections and says nothing; thawed, it goes on', async () => {
  await spark.run('true')
  spark.host.freeze(true)
  const silent = spark.run('echo late')
  await expect(Promise.race([silent, spark.connect(spark.key.privateKey, 500).catch(() => 'no connection')])).resolves.toBe('no connection')
  spark.host.freeze(false)
  expect((await silent).stdout).toBe('late\n')
})

test('a changed host key is another one, on the same port', async () => {
  const before = spark.host.fingerprint
  await spark.host.changeHostKey()
  expect(spark.host.fingerprint).not.toBe(before)
  expect((await spark.run('echo hello')).stdout).toBe('hello\n')
})

test('on a full disk no file can be written, df says so, docker run fails; what is there can still be read', async () => {
  await spark.run('echo kept > /var/lib/spark-control/fence')
  spark.host.fillDisk()
  expect((await spark.run('printf lost | dd of=/var/lib/spark-control/fence conv=notrunc')).code).not.toBe(0)
  expect((await spark.run('cat /var/lib/spark-control/fence; df -B1 --output=avail /models | tail -1')).stdout.replaceAll(' ', '')).toBe('kept\n0\n')
  expect(await spark.run('docker run -d --name x vllm-node sleep 1')).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('no space left on device'),
  })
  spark.host.emptyDisk()
  expect((await spark.run('echo more > /var/lib/spark-control/fence')).code).toBe(0)
})

test('without docker there is no such command, not even that of this machine', async () => {
  spark.host.removeDocker()
  expect((await spark.run('docker ps')).code).toBe(127)
  expect((await spark.run('command -v docker; nvidia-smi -L')).stdout).toContain('GPU 0: NVIDIA GB10')
  spark.host.restoreDocker()
  expect((await spark.run('docker ps')).code).toBe(0)
})

test('the record of a host goes on over power cuts, with numbers that only grow', async () => {
  await spark.host.powerOff()
  await spark.host.powerOn()
  const events = spark.events()
  expect(events.map(({ event }) => event)).toEqual(['boot', 'power_off', 'boot'])
  expect(readFileSync(spark.host.eventsFile, 'utf8')).toMatch(/^\{"seq":1,"at_ms":\d+,"event":"boot"/)
})
