import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { autumn, looked, summer } from './help-texts.ts'
import { jobWith, modelWith, pairWith, spark1 } from './sample.ts'

const cluster = launcherOf({ launcher: 'spark-vllm-docker' })
const launch = (...job: Parameters<typeof jobWith>): string => cluster.launch(jobWith(...job)).join(' ')
const onPair = (...job: Parameters<typeof pairWith>): string => cluster.launch(pairWith(...job)).join(' ')
const features = (help: string) => cluster.features(looked(help)) ?? expect.fail('no features')
const dir = '/home/spark/spark-vllm-docker'
const mark = '-e SPARK_CLUSTER=home -e SPARK_SWAP=swap-1 -e SPARK_FENCE=7 -e SPARK_STEP=2 -e SPARK_ATTEMPT=1 -e SPARK_MODEL=qwen3'

test('a solo start is detached and marked by environment alone; its own flags stand before exec', () => {
  expect(launch()).toBe(
    `${dir}/launch-cluster.sh --solo -d -t vllm-node --name vllm_node ${mark} exec vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name qwen3`,
  )
})

test('two hosts are named by their fast link, head first, with its interfaces; the head starts the other', () => {
  expect(cluster.startedFrom).toBe('head')
  expect(onPair()).toBe(
    `env LOCAL_IP=192.168.177.11 ${dir}/launch-cluster.sh -n 192.168.177.11,192.168.177.12 --eth-if enp1s0f1np1 --ib-if rocep1s0f1,roceP2p1s0f1 ` +
      `-d -t vllm-node --name vllm_node ${mark} exec vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name qwen3 --tensor-parallel-size 2`,
  )
})

test.each([
  ['autumn', autumn, false, [], ''],
  ['autumn', autumn, true, ['--ray'], ' --distributed-executor-backend ray'],
  ['summer', summer, false, ['--no-ray'], ''],
  ['summer', summer, true, [], ' --distributed-executor-backend ray'],
])('the %s version is told of Ray only where it would do otherwise', (_name, help, ray, flags, behind) => {
  const words = onPair(ray ? { launch: { ray } } : {}, 0, { features: features(help) })
  expect(words.match(/--(no-)?ray\b/g) ?? []).toEqual(flags)
  expect(words.endsWith(`--tensor-parallel-size 2${behind}`)).toBe(true)
})

test('without interfaces in cluster.yaml the script finds them; another port of the head is handed on', () => {
  const job = pairWith({ launch: { master_port: 29600 } })
  const nodes = job.nodes.map((node) => ({ ...node, host: { ...node.host, ethIf: null, ibIf: null, fabricAddress: null } }))
  expect(cluster.launch({ ...job, nodes }).join(' ')).toContain('-n 10.0.0.11,10.0.0.12 --master-port 29600 -d -t')
})

test('a local model and further volumes are mounted by -v, and where the script has no -v, by its environment', () => {
  const local = { repo: null, local_path: '/models/house', local: true, launch: { volumes: ['~/adapters:/adapters:ro'] } }
  expect(launch(local)).toContain('-v /models/house:/models/house:ro -v /home/spark/adapters:/adapters:ro exec vllm serve /models/house')
  const old = launch(local, { extraDockerArgs: '--shm-size 16g', features: features(summer) })
  expect(cluster.launch(jobWith(local, { extraDockerArgs: '--shm-size 16g', features: features(summer) })).slice(0, 2)).toEqual([
    'env',
    'VLLM_SPARK_EXTRA_DOCKER_ARGS=--shm-size 16g -v /models/house:/models/house:ro -v /home/spark/adapters:/adapters:ro',
  ])
  expect(old).toContain(`SPARK_MODEL=qwen3 exec vllm serve /models/house`)
})

test('mods are applied in their order, earlyoom is asked for, environment of the catalog follows the mark', () => {
  expect(launch({ launch: { mods: ['fix-a', 'fix-b'], earlyoom: true }, env: { VLLM_USE_V1: '1' } })).toContain(
    `${mark} -e VLLM_USE_V1=1 --apply-mod ${dir}/mods/fix-a --apply-mod ${dir}/mods/fix-b --earlyoom exec vllm serve`,
  )
})

test('a launch script takes the place of exec and of vllm serve', () => {
  expect(launch({ launch: { launch_script: 'my-model' } })).toBe(
    `${dir}/launch-cluster.sh --solo -d -t vllm-node --name vllm_node ${mark} --launch-script ${dir}/examples/my-model.sh`,
  )
})

test('further docker arguments and another cache folder reach the script by its own environment', () => {
  expect(launch({}, { extraDockerArgs: '--shm-size 16g', host: { ...spark1, hfCache: '/big/hf' } })).toMatch(
    new RegExp(`^env VLLM_SPARK_EXTRA_DOCKER_ARGS=--shm-size 16g HF_HOME=/big/hf ${dir}/launch-cluster.sh --solo`),
  )
})

test('further docker arguments are those of the model, else of the host, else of the settings', () => {
  const host = { ...spark1, extraDockerArgs: '--of host' }
  const model = { launch: { extra_docker_args: '--of model' } }
  expect(launch({}, { extraDockerArgs: '--of settings' })).toContain('ARGS=--of settings')
  expect(launch({}, { extraDockerArgs: '--of settings', host })).toContain('ARGS=--of host')
  expect(launch(model, { extraDockerArgs: '--of settings', host })).toContain('ARGS=--of model')
})

test('a model with a port of its own serves there', () => {
  expect(launch({ port: 8000 })).toContain('vllm serve Qwen/Qwen3-8B --port 8000')
})

test('a snapshot of a version that knew no launch options starts as it did', () => {
  const { launch: _launch, port: _port, anywhere: _anywhere, alias: _alias, ...old } = modelWith()
  const job = jobWith()
  expect(cluster.launch({ ...job, model: old as typeof job.model })).toEqual(cluster.launch(job)) // as an old history has it
})

test('exit code 0 with an error of docker run in its words is a failure', () => {
  const stderr = `docker: Error response from daemon: pull access denied for vllm-node, repository does not exist or may require 'docker login'.`
  expect(cluster.launchTrouble({ code: 0, stdout: 'Solo mode\n', stderr })).toMatchObject({ code: 'image_missing', line: stderr })
})

test('a start into a container that runs already is a failure, although it answers 0', () => {
  const stdout = 'Cluster containers are already running. Skipping launch.\n'
  expect(cluster.launchTrouble({ code: 0, stdout, stderr: '' })).toMatchObject({ code: 'launch_failed', line: stdout.trim() })
})

test('of an error with the usage behind it, the error is told', () => {
  const stdout = `Loading configuration\nError: Local IP (10.0.0.5) is not in the list of nodes (10.0.0.11).\n${autumn}`
  expect(cluster.launchTrouble({ code: 1, stdout, stderr: '' })).toMatchObject({
    code: 'launch_failed',
    line: expect.stringMatching(/^Error: Local IP/),
  })
})

test.each([
  ['Error: Docker image mismatch on worker node (10.0.0.12):', 'image_missing'],
  ["Error: Could not inspect image 'vllm-node' on worker node (10.0.0.12).", 'image_missing'],
  ['Build now? [y/N] Traceback', 'launch_failed'],
  ['EOFError: EOF when reading a line', 'launch_failed'],
])('"%s" is %s', (line, code) => {
  expect(cluster.launchTrouble({ code: 1, stdout: `${line}\n`, stderr: '' })).toMatchObject({ code, line })
})

test('exit code 0 without a complaint is no trouble by itself', () => {
  expect(cluster.launchTrouble({ code: 0, stdout: 'Command started in the background.', stderr: '' })).toBeNull()
})
