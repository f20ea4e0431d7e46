import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { jobWith } from './sample.ts'

const docker = launcherOf({ launcher: 'docker' })
const launch = (...job: Parameters<typeof jobWith>): string => docker.launch(jobWith(...job)).join(' ')

test('a model of Hugging Face starts detached, marked by labels and environment, with its caches mounted', () => {
  expect(launch()).toBe(
    'docker run --detach --name vllm_node --network host --ipc host --gpus all --entrypoint= --pull never ' +
      '--label spark.cluster=home --label spark.swap=swap-1 --label spark.fence=7 --label spark.step=2 --label spark.attempt=1 --label spark.model=qwen3 ' +
      '--env SPARK_CLUSTER=home --env SPARK_SWAP=swap-1 --env SPARK_FENCE=7 --env SPARK_STEP=2 --env SPARK_ATTEMPT=1 --env SPARK_MODEL=qwen3 ' +
      '--volume /home/spark/.cache/huggingface:/root/.cache/huggingface --volume /home/spark/.cache/vllm:/root/.cache/vllm ' +
      'vllm-node vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name qwen3',
  )
})

test('a local model is mounted at its own path, read-only, and served from there', () => {
  const command = launch({ repo: null, local_path: '/models/house', local: true })
  expect(command).toContain('--volume /models/house:/models/house:ro vllm-node vllm serve /models/house --port 8888')
})

test('further docker arguments are split as a shell would split them, and stand before the image', () => {
  const argv = docker.launch(jobWith({}, { extraDockerArgs: `--shm-size 16g --label "note=two words" --env 'X=$(reboot)'` }))
  expect(argv.slice(argv.indexOf('--shm-size'), argv.indexOf('vllm-node'))).toEqual([
    '--shm-size',
    '16g',
    '--label',
    'note=two words',
    '--env',
    'X=$(reboot)',
  ])
})

test('a hostile argument stays one word', () => {
  const hostile = [`'; rm -rf / #`, '$(reboot)', '`id`', '"quoted"', 'a b', '--name=other']
  const argv = docker.launch(jobWith({ knobs: { extra_args: hostile } }))
  expect(argv.slice(-hostile.length)).toEqual(hostile)
})

test("environment of the catalog is handed over beside the mark's", () => {
  expect(launch({ env: { VLLM_USE_V1: '1' } })).toContain('--env SPARK_MODEL=qwen3 --env VLLM_USE_V1=1 --volume')
})

test.each([
  ['Unable to find image nope:latest locally', 'image_missing'],
  ['docker: Error response from daemon: Conflict. The container name "/vllm_node" is already in use by container "abc".', 'container_name_taken'],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', 'docker_missing'],
  ['docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].', 'launch_failed'],
  ['write /var/lib/docker/tmp: no space left on device', 'disk_full'],
  ['something new', 'launch_failed'],
])('docker run that fails with "%s" is %s, with that line', (stderr, code) => {
  expect(docker.launchTrouble({ code: 125, stdout: '', stderr })).toMatchObject({ code, line: stderr })
})

test('docker run that answers 0 is no trouble by itself', () => {
  expect(docker.launchTrouble({ code: 0, stdout: '4f2a\n', stderr: '' })).toBeNull()
})
