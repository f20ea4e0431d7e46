import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, inject, test, vi } from 'vitest'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const { address } = hosts.host('spark-a')
const until = { timeout: 20_000, interval: 50 }
const bootId = async (): Promise<string> => (await hosts.ssh('spark-a', 'cat /proc/sys/kernel/random/boot_id')).stdout

afterEach(() => hosts.restoreAll())

test('a reboot changes the boot id, keeps the disk, and leaves of containers what docker leaves', async () => {
  const before = await bootId()
  await hosts.ssh('spark-a', 'docker run -d --name kept vllm-node sleep infinity && docker run -d --rm --name lost vllm-node sleep infinity')
  await hosts.ssh('spark-a', 'docker run -d --restart unless-stopped --name back vllm-node sleep infinity && echo 7 > /var/lib/spark-control/fence')
  await hosts.reboot('spark-a')
  expect(await bootId()).not.toBe(before)
  expect((await hosts.ssh('spark-a', 'cat /var/lib/spark-control/fence')).stdout).toBe('7\n')
  await vi.waitFor(async () => {
    const { stdout } = await hosts.ssh('spark-a', "docker ps --all --format '{{.Names}} {{.Status}}' | sort")
    expect(stdout).toMatch(/^back Up .*\nkept Exited \(255\) .*\n$/)
  }, until)
  expect((await hosts.events('spark-a')).slice(-20).map(({ event }) => event)).toEqual(expect.arrayContaining(['power_off', 'boot']))
})

test('with one host off, the other goes on', async () => {
  await hosts.off('spark-a')
  expect(await hosts.ssh('spark-a', 'true')).toMatchObject({ code: 255 })
  expect(await hosts.exec('spark-a', ['true'])).toMatchObject({ code: 69 })
  expect(await hosts.ssh('spark-b', 'docker ps --quiet')).toMatchObject({ code: 0 })
  await hosts.on('spark-a')
  expect(await hosts.ssh('spark-a', 'docker ps --quiet')).toMatchObject({ code: 0 })
})

test.each([
  ['drop', 'timed out'],
  ['link', /timed out|No route to host/],
  ['reset', 'Connection refused'],
] as const)('a cut by %s ends SSH, and healing it brings it back', async (kind, words) => {
  await hosts.cut('spark-a', kind)
  const { code, stderr } = await hosts.ssh('spark-a', 'true')
  expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringMatching(words) as string })
  expect(await hosts.exec('spark-a', ['true'])).toMatchObject({ code: 0 })
  await hosts.heal('spark-a')
  expect(await hosts.ssh('spark-a', 'docker ps --quiet')).toMatchObject({ code: 0 })
})

test('a command whose connection is reset goes on on the host', async () => {
  const session = hosts.ssh('spark-a', 'touch /tmp/begun; while test ! -e /tmp/go-on; do sleep 0.05; done; touch /tmp/went-on')
  await vi.waitFor(async () => expect(await hosts.exec('spark-a', ['test', '-e', '/tmp/begun'])).toMatchObject({ code: 0 }), until)
  await hosts.cut('spark-a', 'reset')
  await hosts.exec('spark-a', ['touch', '/tmp/go-on'])
  await vi.waitFor(async () => expect(await hosts.exec('spark-a', ['test', '-e', '/tmp/went-on'])).toMatchObject({ code: 0 }), until)
  expect(await session).toMatchObject({ code: 255 })
})

test('a frozen host accepts connections and says nothing, and goes on where it was when it is thawed', async () => {
  await hosts.freeze('spark-a')
  const socket = connect(22, address)
  await once(socket, 'connect')
  const { code, stderr } = await hosts.ssh('spark-a', 'true')
  expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringContaining('timed out during banner exchange') as string })
  expect(socket.bytesRead).toBe(0)
  await hosts.thaw('spark-a')
  const [banner] = (await once(socket, 'data')) as [Buffer]
  expect(banner.toString()).toMatch(/^SSH-2\.0-OpenSSH/)
  socket.destroy()
})

test('on a full disk nothing can be written, but the record of what runs is kept', async () => {
  await hosts.fillDisk('spark-a')
  expect(await hosts.ssh('spark-a', 'echo 1 > /var/lib/spark-control/fence')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No space left on device') as string,
  })
  const before = (await hosts.events('spark-a')).length
  await hosts.reboot('spark-a')
  expect((await hosts.events('spark-a')).slice(before).map(({ event }) => event)).toEqual(['power_off', 'boot'])
  await hosts.emptyDisk('spark-a')
  expect(await hosts.ssh('spark-a', 'echo 1 > /var/lib/spark-control/fence')).toMatchObject({ code: 0 })
})

test('another host key is refused by the pinned one', async () => {
  await hosts.changeHostKey('spark-a')
  expect(await hosts.ssh('spark-a', 'true')).toMatchObject({
    code: 255,
    stderr: expect.stringContaining('REMOTE HOST IDENTIFICATION HAS CHANGED') as string,
  })
  await hosts.restoreHostKey('spark-a')
  expect(await hosts.ssh('spark-a', 'true')).toMatchObject({ code: 0 })
})

test('memory that is set is the memory that the host reports', async () => {
  await hosts.setMeminfo('spark-a', { availableKb: 9_000_000 })
  expect((await hosts.ssh('spark-a', 'grep MemAvailable /proc/meminfo')).stdout).toMatch(/^MemAvailable:\s+9000000 kB\n$/)
})
