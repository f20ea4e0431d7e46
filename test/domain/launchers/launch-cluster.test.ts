import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { jobWith, modelWith, spark1 } from './sample.ts'

const cluster = launcherOf({ launcher: 'spark-vllm-docker' })
const launch = (...job: Parameters<typeof jobWith>): string => cluster.launch(jobWith(...job)).join(' ')
const script = '/home/spark/spark-vllm-docker/launch-cluster.sh'
const help = (...flags: string[]) => ({ code: 1, stdout: `Usage: launch-cluster.sh [options]\n${flags.join('\n')}\n`, stderr: '' })

test('a solo start is detached and marked by environment alone; its own flags stand before exec', () => {
  expect(launch()).toBe(
    `${script} --solo -d -t vllm-node --name vllm_node ` +
      '-e SPARK_CLUSTER=home -e SPARK_SWAP=swap-1 -e SPARK_FENCE=7 -e SPARK_STEP=2 -e SPARK_ATTEMPT=1 -e SPARK_MODEL=qwen3 ' +
      'exec vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name qwen3',
  )
})

test('a local model is mounted by -v', () => {
  expect(launch({ repo: null, local_path: '/models/house', local: true })).toContain(
    '-v /models/house:/models/house:ro exec vllm serve /models/house',
  )
})

test('further docker arguments and another cache folder reach the script by its own environment', () => {
  expect(launch({}, { extraDockerArgs: '--shm-size 16g', host: { ...spark1, hfCache: '/big/hf' } })).toMatch(
    new RegExp(`^env VLLM_SPARK_EXTRA_DOCKER_ARGS=--shm-size 16g HF_HOME=/big/hf ${script} --solo`),
  )
})

test('the help text shows that the script can do it, although help exits with 1', () => {
  expect(cluster.probe(spark1, '/home/spark')).toEqual([script, '--help'])
  expect(cluster.probeTrouble(help('--solo', '-v, --volume'), modelWith(), 1)).toBeNull()
})

test('a version that would take --solo for a command is refused by its help text', () => {
  expect(cluster.probeTrouble(help('-n, --nodes'), modelWith(), 1)).toMatchObject({
    code: 'launcher_missing',
    message: expect.stringContaining('too old'),
  })
})

test('a version without --volume is refused for a local model only', () => {
  const old = help('--solo')
  expect(cluster.probeTrouble(old, modelWith(), 1)).toBeNull()
  expect(cluster.probeTrouble(old, modelWith({ repo: null, local_path: '/models/house' }), 1)).toMatchObject({ code: 'launcher_missing' })
})

test.each([
  { code: 127, stdout: '', stderr: 'sh: launch-cluster.sh: not found' },
  { code: 126, stdout: '', stderr: 'Permission denied' },
  { code: 1, stdout: '', stderr: '' },
])('a script that cannot be run is missing: %o', (exit) => {
  expect(cluster.probeTrouble(exit, modelWith(), 1)).toMatchObject({ code: 'launcher_missing' })
})

test('exit code 0 with an error of docker run in its words is a failure', () => {
  const stderr = `docker: Error response from daemon: pull access denied for vllm-node, repository does not exist or may require 'docker login'.`
  expect(cluster.launchTrouble({ code: 0, stdout: 'Solo mode\n', stderr })).toMatchObject({ code: 'image_missing', line: stderr })
})

test('a start into a container that runs already is a failure, although it answers 0', () => {
  const stdout = 'Cluster containers are already running. Skipping launch.\n'
  expect(cluster.launchTrouble({ code: 0, stdout, stderr: '' })).toMatchObject({ code: 'launch_failed', line: stdout.trim() })
})

test('exit code 0 without a complaint is no trouble by itself', () => {
  expect(cluster.launchTrouble({ code: 0, stdout: 'Command started in the background.', stderr: '' })).toBeNull()
})
