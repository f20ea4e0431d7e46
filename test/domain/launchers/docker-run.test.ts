import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { jobWith, pairWith } from './sample.ts'

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

test('two hosts run a rank each, workers without an API, and find the head over the fast link', () => {
  expect(docker.startedFrom).toBe('each')
  const env = (host: string) =>
    '--device /dev/infiniband --cap-add IPC_LOCK --ulimit memlock=-1 ' +
    `--env VLLM_HOST_IP=192.168.177.${host} --env NCCL_SOCKET_IFNAME=enp1s0f1np1 --env GLOO_SOCKET_IFNAME=enp1s0f1np1 ` +
    '--env TP_SOCKET_IFNAME=enp1s0f1np1 --env NCCL_IB_HCA=rocep1s0f1,roceP2p1s0f1 --volume'
  const serve = 'vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name qwen3 --tensor-parallel-size 2 --nnodes 2 --node-rank'
  const [head, worker] = [0, 1].map((rank) => docker.launch(pairWith({}, rank)).join(' '))
  expect(head).toContain(env('11'))
  expect(head).toMatch(new RegExp(`${serve} 0 --master-addr 192.168.177.11 --master-port 29501$`))
  expect(worker).toContain(env('12'))
  expect(worker).toMatch(new RegExp(`${serve} 1 --master-addr 192.168.177.11 --master-port 29501 --headless$`))
})

test('a pair without a named fast link finds each other by its usual addresses, without devices of it', () => {
  const job = pairWith({ launch: { master_port: 4000 } }, 1)
  const nodes = job.nodes.map((node) => ({ ...node, host: { ...node.host, ethIf: null, ibIf: null, fabricAddress: null } }))
  const command = docker.launch({ ...job, nodes }).join(' ')
  expect(command).toContain('--env SPARK_MODEL=qwen3 --env VLLM_HOST_IP=10.0.0.12 --volume')
  expect(command).toContain('--master-addr 10.0.0.11 --master-port 4000 --headless')
  expect(command).not.toContain('infiniband')
})

test('any other image gets the owner’s own words, with port and weights filled in, and braces of JSON left alone', () => {
  const launch = {
    entrypoint: '/app/llama-server',
    arguments: ['-m', '{model}/q4.gguf', '--port', '{port}', '--alias={served_name}', '{"a":{rank}}', '{}'],
  }
  const argv = docker.launch(jobWith({ repo: null, local_path: '/models/g', image: 'ghcr.io/x/llama:1', port: 9000, launch }))
  expect(argv).toContain('--entrypoint=/app/llama-server')
  expect(argv.slice(argv.indexOf('ghcr.io/x/llama:1'))).toEqual([
    ...['ghcr.io/x/llama:1', '-m', '/models/g/q4.gguf', '--port', '9000', '--alias=qwen3', '{"a":0}', '{}'],
  ])
})

test('the image keeps its own entry point where the model says so', () => {
  const command = launch({ launch: { entrypoint: 'image', arguments: ['serve'] } })
  expect(command).not.toContain('--entrypoint')
  expect(command).toMatch(/ vllm-node serve$/)
})

test('further volumes are mounted, those below ~ from the home of the SSH user', () => {
  expect(launch({ launch: { volumes: ['~/adapters:/adapters:ro', '/big:/big'] } })).toContain(
    '--volume /home/spark/adapters:/adapters:ro --volume /big:/big vllm-node',
  )
})

test('the alias of the cluster is a second name of every model', () => {
  expect(launch({ alias: 'current' })).toContain('--served-model-name qwen3 current')
  expect(launch({ alias: 'qwen3' })).toMatch(/--served-model-name qwen3$/)
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
