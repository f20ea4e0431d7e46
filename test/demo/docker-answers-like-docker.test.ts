import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await startSpark({ models: [] })
})
afterEach(() => spark.run('docker rm --force $(docker ps --all --quiet)'))
afterAll(() => spark.close())

test('a detached run prints the id, and inspect tells what was asked for', async () => {
  const { stdout } = await spark.run(
    'docker run -d --name x --label spark.swap=s1 -e A=1 -eB="b c" --network host -v /models:/models:ro vllm-node sleep infinity',
  )
  const inspected = JSON.parse((await spark.run('docker inspect x')).stdout)
  expect(inspected).toHaveLength(1)
  expect(inspected[0]).toMatchObject({
    Id: stdout.trim(),
    Name: '/x',
    State: { Status: 'running', Running: true, ExitCode: 0, OOMKilled: false },
    Config: {
      Image: 'vllm-node',
      Env: expect.arrayContaining(['A=1', 'B=b c', 'NVIDIA_VISIBLE_DEVICES=all']),
      Cmd: ['sleep', 'infinity'],
      Labels: { 'spark.swap': 's1' },
    },
    HostConfig: { NetworkMode: 'host', AutoRemove: false, Binds: ['/models:/models:ro'] },
  })
  expect(spark.last('container_run')).toMatchObject({ name: 'x', labels: { 'spark.swap': 's1' }, env: { A: '1', B: 'b c' } })
})

test('ps prints an object a line, with labels as k=v, and filters by label and name', async () => {
  await spark.run('docker run -d --name x --label a=1 --label b=2 vllm-node sleep infinity; docker run -d --name y vllm-node sleep infinity')
  const { stdout } = await spark.run(`docker ps --all --no-trunc --filter label=a=1 --format '{{json .}}'`)
  expect(JSON.parse(stdout)).toMatchObject({ Names: 'x', Labels: 'a=1,b=2', State: 'running', Image: 'vllm-node' })
  expect((await spark.run(`docker ps --filter name=^/?y$ --format '{{.Names}}\t{{.Label "a"}}'`)).stdout).toBe('y\t\n')
})

test('templates reach into inspect', async () => {
  await spark.run('docker run -d --name x --label spark.fence=7 -e A=1 vllm-node sleep infinity')
  const format = `{{.State.Running}} {{index .Config.Labels "spark.fence"}} {{json .Config.Cmd}}{{range .Config.Cmd}} [{{.}}]{{end}}`
  expect((await spark.run(`docker inspect --format '${format}' x`)).stdout).toBe('true 7 ["sleep","infinity"] [sleep] [infinity]\n')
})

test.each([
  ['docker inspect nope', 1, '[]\n', 'Error: No such object: nope\n'],
  ['docker image inspect nope', 1, '[]\n', 'Error response from daemon: No such image: nope:latest\n'],
  ['docker stop nope', 1, '', 'Error response from daemon: No such container: nope\n'],
  ['docker logs nope', 1, '', 'Error response from daemon: No such container: nope\n'],
  ['docker run --what vllm-node true', 125, '', "unknown flag: --what\nSee 'docker run --help'.\n"],
  ['docker ps --what', 125, '', "unknown flag: --what\nSee 'docker ps --help'.\n"],
  ['docker run --pull never nope true', 125, '', 'docker: Error response from daemon: No such image: nope:latest\n'],
])('%s exits %i', async (command, code, stdout, stderr) => {
  expect(await spark.run(command)).toEqual({ code, stdout, stderr })
})

test('an image that is not there is asked for in vain', async () => {
  const { code, stderr } = await spark.run('docker run -d nope sleep 1')
  expect(code).toBe(125)
  expect(stderr).toMatch(/^Unable to find image 'nope:latest' locally\ndocker: Error response from daemon: pull access denied for nope/)
})

test('a name that is taken, also by a stopped container, is a conflict', async () => {
  await spark.run('docker run -d --name x vllm-node sleep 0.01')
  await until(
    async () => (await spark.run(`docker inspect --format '{{.State.Status}}' x`)).stdout,
    (state) => state === 'exited\n',
  )
  const { code, stderr } = await spark.run('docker run -d --name x vllm-node sleep 1')
  expect(code).toBe(125)
  expect(stderr).toContain('docker: Error response from daemon: Conflict. The container name "/x" is already in use')
})

test('PID 1 sleep ignores SIGTERM: it is killed after the grace, and exits 137', async () => {
  await spark.run('docker run -d --name x vllm-node sleep infinity')
  expect((await spark.run('docker stop --time 1 x')).stdout).toBe('x\n')
  expect((await spark.run(`docker inspect --format '{{.State.ExitCode}} {{.State.Running}}' x`)).stdout).toBe('137 false\n')
})

test('after the stop of a --rm container its logs are lost, and its name is free only a moment later', async () => {
  await spark.run(`docker run -d --rm --name x vllm-node bash -c 'echo said; exec sleep 100'`)
  await until(
    async () => (await spark.run('docker logs x')).stdout,
    (log) => log === 'said\n',
  )
  await spark.run('docker stop --time 0 x')
  await until(
    async () => (await spark.run(`docker ps --all --format '{{.Names}}'`)).stdout,
    (names) => names === '',
  )
  expect((await spark.run('docker logs x')).code).toBe(1)
})

test('logs have times, a tail, both outputs, and are followed to the end', async () => {
  await spark.run(`docker run -d --name x vllm-node sh -c 'echo one; echo two >&2; until [ -e ~/go ]; do sleep 0.02; done; echo three'`)
  await until(
    async () => (await spark.run('docker logs x')).stderr,
    (text) => text === 'two\n',
  )
  const followed = spark.run('docker logs --follow --timestamps --tail 1 x')
  await spark.run('touch ~/go')
  expect((await followed).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/)
  expect((await spark.run('docker logs --since 10m x')).stdout).toBe('one\nthree\n')
  expect((await spark.run('docker logs --since 2099-01-01T00:00:00Z x')).stdout).toBe('')
})

test("exec has the command's exit code, input and environment, and 126 for a command that is not there", async () => {
  await spark.run('docker run -d --name x -e A=1 vllm-node sleep infinity')
  expect(await spark.run(`docker exec -i -e B=2 x sh -c 'cat; echo $A$B; exit 5'`, 'in\n')).toEqual({ code: 5, stdout: 'in\n12\n', stderr: '' })
  expect((await spark.run('docker exec x no-such-command')).code).toBe(126)
  expect((await spark.run('docker exec -d x sh -c "exit 9"')).code).toBe(0)
})

test('a password comes on standard input', async () => {
  expect(await spark.run(`docker login nvcr.io --username '$oauthtoken' --password-stdin`, 'secret')).toMatchObject({
    code: 0,
    stdout: 'Login Succeeded\n',
  })
  expect((await spark.run(`docker login nvcr.io --username x --password-stdin`)).code).toBe(1)
})

test('the server tells its version', async () => {
  expect((await spark.run(`docker version --format '{{.Server.Version}}'`)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect((await spark.run(`docker info --format '{{.ServerVersion}}'`)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('an --env-file is read, and a name alone takes the value of the caller', async () => {
  await spark.run(`printf 'A=from file\n# no\n' > ~/env; B=mine docker run -d --name x --env-file ~/env -e B vllm-node sleep infinity`)
  expect((await spark.run(`docker inspect --format '{{json .Config.Env}}' x`)).stdout).toMatch(/^\["A=from file","B=mine",/)
})
