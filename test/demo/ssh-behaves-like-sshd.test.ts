import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey } from '../../demo/keys.ts'
import { runOn, startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await startSpark({ models: [] })
})
afterAll(() => spark.close())

test("exit code, both outputs and input are the command's own", async () => {
  expect(await spark.run('cat; echo wrong >&2; exit 7', 'from us\n')).toEqual({ code: 7, stdout: 'from us\n', stderr: 'wrong\n' })
})

test('a command that is killed has no exit code', async () => {
  expect((await spark.run('kill -9 $$')).code).toBeNull()
})

test('the OpenSSH client finds the host key it was told, and refuses another', async () => {
  const knownHosts = join(spark.host.dir, 'known_hosts')
  const options = [
    `-oUserKnownHostsFile=${knownHosts.replaceAll(' ', '\\ ')}`,
    '-oStrictHostKeyChecking=yes',
    '-oBatchMode=yes',
    '-oIdentitiesOnly=yes',
  ]
  const ssh = (): Promise<{ stdout: string }> =>
    promisify(execFile)('ssh', ['-F', 'none', ...options, '-i', spark.keyFile, '-p', String(spark.host.sshPort), 'spark@127.0.0.1', 'echo $USER'])
  writeFileSync(knownHosts, `[127.0.0.1]:${String(spark.host.sshPort)} ${spark.host.hostKey}\n`)
  expect((await ssh()).stdout).toBe('spark\n')
  writeFileSync(knownHosts, `[127.0.0.1]:${String(spark.host.sshPort)} ${spark.key.publicKey}\n`)
  await expect(ssh()).rejects.toThrow('Host key verification failed')
})

test('a key that is not authorized is refused', async () => {
  const stranger = makeKey(join(spark.host.dir, 'stranger'), 'stranger')
  await expect(spark.connect(stranger.privateKey)).rejects.toThrow('authentication methods failed')
  expect(spark.last('ssh_refused')).toMatchObject({ user: 'spark' })
})

test('the eleventh session at once on a connection is refused, and one after another are not', async () => {
  const client = await spark.connect()
  for (let i = 0; i < 12; i += 1) expect((await runOn(client, 'true')).code).toBe(0)
  const gate = join(spark.host.dir, 'gate')
  const ten = Array.from({ length: 10 }, () => runOn(client, `until [ -e '${gate}' ]; do sleep 0.02; done`))
  await expect(runOn(client, 'true')).rejects.toThrow('Channel open failure')
  writeFileSync(gate, '')
  expect((await Promise.all(ten)).map(({ code }) => code)).toEqual(Array(10).fill(0))
  client.end()
})

test('a command without a terminal outlives its connection', async () => {
  const client = await spark.connect()
  client.on('error', () => undefined)
  const gate = join(spark.host.dir, 'cut')
  const lost = runOn(client, `echo $$ > ~/started; until [ -e '${gate}' ]; do sleep 0.02; done; echo yes > ~/lived`).catch(() => ({ code: null }))
  await until(() => existsSync(spark.host.file('~/started')), Boolean)
  spark.host.cutConnections()
  expect((await lost).code).toBeNull()
  writeFileSync(gate, '')
  await until(() => existsSync(spark.host.file('~/lived')), Boolean)
})

test("a Spark's own paths lie in the host's tree, also when quoted, and look-alikes are left alone", async () => {
  const { stdout } = await spark.run(
    `grep -c MemAvailable '/proc/meminfo'; echo ok > "/var/lib/spark-control/note"; echo ~/models http://x/v1/models /models-old`,
  )
  expect(stdout).toBe(`1\n${spark.host.file('~')}/models http://x/v1/models /models-old\n`)
  expect(readFileSync(spark.host.file('/var/lib/spark-control/note'), 'utf8')).toBe('ok\n')
})

test('every command is on record', async () => {
  await spark.run('echo recorded')
  expect(spark.last('ssh_exec')).toMatchObject({ command: 'echo recorded' })
  const numbers = spark.events().map(({ seq }) => seq)
  expect(numbers).toEqual(numbers.map((_, at) => at + 1))
})

test('sudo runs what it is given, and nothing reaches this machine through it', async () => {
  expect((await spark.run(`sudo -n sh -c 'echo 3 > /proc/sys/vm/drop_caches; id -un >/dev/null'`)).code).toBe(0)
  expect(readFileSync(spark.host.file('/proc/sys/vm/drop_caches'), 'utf8')).toBe('3\n')
  expect(await spark.run('sudo systemctl stop docker')).toMatchObject({ code: 1, stderr: 'systemctl: a simulated Spark does not do this\n' })
})
