import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { autumn, looked, summer } from './help-texts.ts'
import { jobWith, modelWith, pairWith } from './sample.ts'

const cluster = launcherOf({ launcher: 'spark-vllm-docker' })
const dir = '/home/spark/spark-vllm-docker'
const mark = '-e SPARK_CLUSTER=home -e SPARK_SWAP=swap-1 -e SPARK_FENCE=7 -e SPARK_STEP=2 -e SPARK_ATTEMPT=1 -e SPARK_MODEL=qwen3'
const recipe = { image: '', launch: { recipe: 'glm-4.7' } }
const trouble = (marks: readonly string[], hosts = 1, change = {}, help = autumn) =>
  cluster.probeTrouble(looked(help, 'recipes', ...marks), modelWith({ ...recipe, ...change }), hosts)

test('a recipe runs with what it has flags for, and with all else behind --', () => {
  const knobs = { gpu_memory_utilization: 0.8, max_model_len: 65_536, max_num_seqs: 4, extra_args: ['--seed', '1'] }
  expect(cluster.launch(jobWith({ ...recipe, knobs, env: { A: '1' } })).join(' ')).toBe(
    `${dir}/run-recipe.sh ${dir}/recipes/glm-4.7.yaml --solo -d --name vllm_node --port 8888 --gpu-mem 0.8 --max-model-len 65536 ${mark} -e A=1 ` +
      '-- --served-model-name qwen3 --max-num-seqs 4 --seed 1',
  )
})

test('a recipe on two hosts names them, so that it looks for none', () => {
  expect(cluster.launch(pairWith({ ...recipe, launch: { recipe: '4x/big.yaml' } })).join(' ')).toBe(
    `env LOCAL_IP=192.168.177.11 ${dir}/run-recipe.sh ${dir}/recipes/4x/big.yaml -n 192.168.177.11,192.168.177.12 ` +
      `--eth-if enp1s0f1np1 --ib-if rocep1s0f1,roceP2p1s0f1 -d --name vllm_node --port 8888 --tp 2 ${mark} -- --served-model-name qwen3`,
  )
})

test('an image of the model stands in for that of the recipe; a local model is mounted by the environment', () => {
  const argv = cluster.launch(jobWith({ ...recipe, image: 'mine', repo: null, local_path: '/models/x' }))
  expect(argv[1]).toBe('VLLM_SPARK_EXTRA_DOCKER_ARGS=-v /models/x:/models/x:ro')
  expect(argv.join(' ')).toContain('--port 8888 -t mine -e')
})

test('its own image is looked for by the probe, one that the model names by the usual check', () => {
  expect(cluster.imageOf(modelWith(recipe))).toBeNull()
  expect(cluster.imageOf(modelWith({ ...recipe, image: 'mine' }))).toBe('mine')
  expect(cluster.imageOf(modelWith())).toBe('vllm-node')
})

test('a recipe whose image is there is let through', () => {
  expect(trouble(['recipe', 'recipe_container vllm-node', 'recipe_image_there'])).toBeNull()
  expect(trouble(['recipe', 'recipe_container vllm-node'], 1, { image: 'mine' })).toBeNull()
})

test.each([
  ['image', ['recipe', 'recipe_container vllm-x'], 1, 'image_missing', /vllm-x of the recipe glm-4\.7 is not on the host.*--build-only/],
  ['recipe', ['missing recipes/glm-4.7.yaml'], 1, 'launcher_missing', /no recipes\/glm-4\.7\.yaml/],
  ['second host', ['recipe', 'recipe_cluster_only true', 'recipe_image_there'], 1, 'too_few_hosts', /several hosts only/],
  ['single host', ['recipe', 'recipe_solo_only true', 'recipe_image_there'], 2, 'too_many_hosts', /one host only/],
  ['.env', ['recipe', 'recipe_image_there'], 2, 'launcher_missing', /no \.env.*--discover/],
  ['flag', ['recipe', 'recipe_image_there', 'recipe_flags'], 1, 'launcher_outdated', /run-recipe\.sh does not know --solo/],
])('what would make it ask or fail is refused before: %s', (_name, marks, hosts, code, message) => {
  expect(trouble(marks, hosts)).toMatchObject({ code, message: expect.stringMatching(message) })
})

test('a version without recipes is told to be updated', () => {
  expect(cluster.probeTrouble(looked(summer), modelWith(recipe), 1)).toMatchObject({
    code: 'launcher_outdated',
    message: expect.stringMatching(/no run-recipe\.sh.*git pull.* \/home\/spark\/spark-vllm-docker/),
  })
})

test('with .env two hosts are let through', () => {
  expect(trouble(['env', 'container ', 'recipe', 'recipe_image_there'], 2)).toBeNull()
})
