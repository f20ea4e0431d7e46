import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { catalogModel } from '../../domain/catalog-model.ts'
import { readCatalog } from '../../domain/catalog.ts'
import { ClusterFile, type Cluster } from '../../domain/cluster.ts'
import { LaunchOptions, launchOptionsOf } from '../../domain/launch-options.ts'
import { hostsTrouble } from '../../domain/launchers/parallelism.ts'
import { Knobs, launchIdentity, ModelEntry, type Model } from '../../domain/model.ts'
import { resolveSettings, settingRows, type SettingRow } from '../../domain/settings.ts'
import { showProblem } from '../../domain/yaml-file.ts'
import { modelWith, spark1, spark2 } from './launchers/sample.ts'

const hosts = [spark1, spark2, { ...spark1, name: 'spark-3', address: 'third.lan' }]
const cluster: Cluster = { clusterId: 'home', demo: false, hosts, defaultPlacement: ['spark-2'], container: 'vllm_node' }
const read = (entry: string, { on = cluster, settings = {} }: { on?: Cluster; settings?: Record<string, unknown> } = {}) =>
  readCatalog({ file: 'models.yaml', text: `models:\n  m:\n    repo: a/b\n${entry}` }, null, on, resolveSettings(settings, {}).settings)
const model = (...args: Parameters<typeof read>): Model => {
  const catalog = read(...args)
  if (!catalog.ok) throw new Error(catalog.problems.map(showProblem).join('; '))
  return catalog.models.get('m') ?? expect.fail('no model')
}
const problems = (entry: string): string[] => {
  const catalog = read(entry)
  return catalog.ok ? [] : catalog.problems.map(showProblem)
}

describe('is refused with file, line and column:', () => {
  test.each([
    [
      'an option of another launcher',
      '    launcher: docker\n    launch: { recipe: x }\n',
      /^models\.yaml:5:15 models\.m\.launch\.recipe: docker has no recipe; it belongs to spark-vllm-docker$/,
    ],
    [
      'an option of two others',
      '    launcher: command\n    launch: { start: a, stop: b, status: c, volumes: [/a:/b] }\n',
      /models\.m\.launch\.volumes: command has no volumes; it belongs to spark-vllm-docker and docker/,
    ],
    [
      'a command without its texts',
      '    launcher: command\n    launch: { start: a, stop: b }\n',
      /^models\.yaml:5:5 models\.m\.launch: the launcher command needs launch\.status$/,
    ],
    [
      'a command with an image',
      '    launcher: command\n    image: x\n    launch: { start: a, stop: b, status: c }\n',
      /models\.m\.image: the launcher command has no image/,
    ],
    [
      'a recipe with a launch script',
      '    launch:\n      recipe: x\n      launch_script: y\n',
      /:6:7 models\.m\.launch\.launch_script: a recipe has its own command/,
    ],
    ['a recipe with mods', '    launch: { recipe: x, mods: [y] }\n', /mods: a recipe brings its own mods/],
    [
      'the image’s own entry point without arguments',
      '    launcher: docker\n    launch: { entrypoint: image }\n',
      /entrypoint: `image` needs `arguments`/,
    ],
    [
      'a host twice',
      '    placement: [spark-1, spark-1]\n    knobs: { tensor_parallel_size: 2 }\n',
      /:4:26 models\.m\.placement\.1: spark-1 is named twice/,
    ],
    ['an unknown host', '    placement: [spark-9]\n', /placement\.0: no host is called spark-9/],
    [
      'more hosts than ranks',
      '    placement: [spark-1, spark-2]\n',
      /placement: it fills 1 host \(.*\), not 2: name fewer hosts, or set tensor_parallel_size to 2/,
    ],
    ['fewer hosts than ranks', '    placement: [spark-1]\n    knobs: { tensor_parallel_size: 2 }\n', /placement: it fills 2 hosts .* not 1/],
    ['ranks of the extra arguments', '    placement: [spark-1]\n    knobs: { extra_args: [-pp, "2"] }\n', /it fills 2 hosts/],
    ['any free host for two ranks', '    placement: any\n    knobs: { pipeline_parallel_size: 2 }\n', /it fills 2 hosts/],
    ['Ray on one host', '    placement: [spark-1]\n    launch: { ray: true }\n', /ray: one host has no need of Ray/],
    [
      'a name where an address is needed',
      '    placement: [spark-1, spark-3]\n    knobs: { tensor_parallel_size: 2 }\n',
      /spark-3 needs a fabric_address/,
    ],
    ['white space that the script would split', '    env: { A: "b c" }\n', /:4:12 models\.m\.env\.A: launch-cluster\.sh cannot pass on white space/],
    [
      'quotes that the script does not understand',
      '    launch: { extra_docker_args: \'--label "a b"\' }\n',
      /extra_docker_args: launch-cluster\.sh splits them at all white space/,
    ],
    [
      'a shell’s signs on two hosts',
      '    placement: [spark-1, spark-2]\n    knobs: { tensor_parallel_size: 2 }\n    env: { A: "$(reboot)" }\n',
      /env\.A: launch-cluster\.sh cannot pass on \$/,
    ],
    ['a secret in the extra arguments', '    knobs: { extra_args: [--api-key, x] }\n', /extra_args\.0: --api-key would show a secret/],
    ['a served name by its other spelling', '    knobs: { extra_args: [--served_model_name=x] }\n', /--served-model-name is set by Spark Control/],
    ['a port and its flag in one word', '    knobs: { extra_args: ["--port 1"] }\n', /--port is set by Spark Control/],
    ['a flag that is cut short', '    knobs: { extra_args: [--por=1] }\n', /--port is set by Spark Control/],
    ['a mark that is not its own', '    env: { SPARK_CLUSTER: other }\n', /env\.SPARK_CLUSTER: SPARK_CLUSTER is set by Spark Control/],
    ['a name behind our own', '    launch: { extra_docker_args: --shm-size=1g --name=other }\n', /--name is set by Spark Control, by `container`/],
    ['a label of ours', '    launch: { extra_docker_args: -l spark.cluster=x }\n', /the label spark\.cluster=x is set by Spark Control/],
    ['a shell’s sign among them', '    launch: { extra_docker_args: "--cpus 4; reboot" }\n', /; would be read by a shell/],
    ['a mark among docker’s arguments', '    launch: { extra_docker_args: -e SPARK_FENCE=9 }\n', /SPARK_FENCE is set by Spark Control/],
    ['the other ranks by hand', '    knobs: { extra_args: [--nnodes, "2"] }\n', /--nnodes is set by Spark Control, by the placement/],
    ['a flag for a value', '    knobs: { quantization: --port }\n', /knobs\.quantization: one word/],
    ['a path that climbs', '    launch: { recipe: ../x }\n', /launch\.recipe/],
  ])('%s', (_name, entry, message) => {
    expect(problems(entry).join('\n')).toMatch(message)
  })
})

test('what fits its launcher is let through', () => {
  expect(problems('    placement: [spark-1, spark-2]\n    launch: { recipe: x, ray: true }\n')).toEqual([])
  expect(problems('    launch: { mods: [a], launch_script: b, earlyoom: true, volumes: ["~/x:/y:ro"] }\n    env: { A: \'{"b":1}\' }\n')).toEqual([])
  expect(problems('    launcher: docker\n    env: { A: "b c" }\n    launch: { entrypoint: image, arguments: [a] }\n')).toEqual([])
  expect(problems('    launcher: command\n    launch: { start: a, stop: b, status: c }\n')).toEqual([])
})

test('each option belongs to a launcher', () => {
  for (const [launcher, options] of Object.entries(launchOptionsOf)) {
    for (const option of options) expect(problems(`    launcher: ${launcher}\n    launch: { ${option}: 0 }\n`).join()).not.toMatch(`has no ${option}`)
  }
})

describe('a model that names no placement', () => {
  const pair = '    knobs: { tensor_parallel_size: 2 }\n'

  test('runs on the usual hosts, with others behind them until its ranks have room', () => {
    expect(model('').placement).toEqual(['spark-2'])
    expect(model(pair).placement).toEqual(['spark-2', 'spark-1'])
    expect(model('', { on: { ...cluster, defaultPlacement: ['spark-1', 'spark-2'] } }).placement).toEqual(['spark-1'])
  })

  test('stays in the catalog of a cluster that is too small for it, and is refused when somebody wants to start it', () => {
    const alone = model(pair, { on: { ...cluster, hosts: [spark2] } })
    expect(alone.placement).toEqual(['spark-2'])
    expect(hostsTrouble(alone, alone.placement.length)).toMatchObject({ code: 'too_few_hosts' })
  })
})

test.each([
  [{}, 2, 'too_many_hosts'],
  [{ launcher: 'docker' as const, launch: { arguments: ['x'] } }, 2, undefined],
  [{ launch: { recipe: 'x' } }, 3, undefined],
  [{ launch: { recipe: 'x' }, knobs: { tensor_parallel_size: 2, extra_args: [] } }, 3, 'too_many_hosts'],
  [{ launcher: 'command' as const }, 9, 'too_many_hosts'],
  [{ knobs: { tensor_parallel_size: 2, extra_args: ['--data-parallel-size=2'] } }, 4, undefined],
  [{ knobs: { tensor_parallel_size: 2, extra_args: ['-tp', '4'] } }, 4, undefined],
])('%o on %d hosts', (change, count, code) => {
  expect(hostsTrouble(modelWith(change), count)?.code).toBe(code)
})

describe('the alias', () => {
  test('is the same for every model, and a swap applies it', () => {
    const [without, named] = [model(''), model('', { settings: { served_model_name_alias: 'current' } })]
    expect([without.alias, named.alias]).toEqual([null, 'current'])
    expect(launchIdentity(named)).not.toBe(launchIdentity(without))
  })

  test('that does not fit is refused by name, and the models keep their own names alone', () => {
    const { refused, settings } = resolveSettings({ served_model_name_alias: 'two words' }, {})
    expect(refused).toMatchObject([{ setting: 'served_model_name_alias', used: '' }])
    expect(settings.served_model_name_alias).toBe('')
  })
})

test('knobs that nothing reads are warned of', () => {
  const warnings = (entry: string) => catalogModel(model(entry), { origin: 'own', shipped: null }).warnings
  expect(warnings('    launcher: docker\n    knobs: { max_model_len: 9, gpu_memory_utilization: 0.5 }\n    launch: { arguments: [a] }\n')).toEqual([
    'what starts it does not take max_model_len: write it there',
  ])
  expect(warnings('    knobs: { max_model_len: 9 }\n    launch: { recipe: x }\n')).toEqual([])
  expect(
    warnings('    knobs: { max_model_len: 9, enable_prefix_caching: true, extra_args: ["--max_model_len=8", --no-enable-prefix-caching] }\n'),
  ).toEqual([
    expect.stringContaining('the flag of max_model_len as well, and wins'),
    expect.stringContaining('the flag of enable_prefix_caching as well'),
  ])
  expect(warnings('    knobs: { trust_remote_code: true }\n')).toEqual([expect.stringContaining('trust_remote_code')])
})

test('a recipe brings its own image, and a command has none', () => {
  expect(model('').image).toBe('vllm-node')
  expect(model('    launch: { recipe: x }\n').image).toBe('')
  expect(model('    image: mine\n    launch: { recipe: x }\n').image).toBe('mine')
})

test('every host of cluster.yaml may have its own container, arguments and link', () => {
  const host = {
    name: 'a',
    address: '10.0.0.1',
    container: 'mine',
    extra_docker_args: '-x',
    fabric_address: '192.168.1.1',
    eth_if: 'e0',
    ib_if: 'r0,r1',
  }
  expect(ClusterFile.parse({ cluster_id: 'home', hosts: [host] }).hosts[0]).toMatchObject(host)
})

describe('the files that ship', () => {
  const shipped = readFileSync('config/models.yaml', 'utf8')
  const load = (on: Cluster) => readCatalog({ file: 'models.yaml', text: shipped }, null, on, resolveSettings({}, {}).settings)
  const models = (on: Cluster): Model[] => {
    const catalog = load(on)
    if (!catalog.ok) throw new Error(catalog.problems.map(showProblem).join('; '))
    return [...catalog.models.values()]
  }

  test('have models for one Spark and for two, and load where there is only one', () => {
    const onTwo = models(cluster)
    expect(new Set(onTwo.map((one) => one.placement.length))).toEqual(new Set([1, 2]))
    expect(onTwo.map((one) => hostsTrouble(one, one.placement.length))).toEqual(onTwo.map(() => null))
    expect(models({ ...cluster, hosts: [spark2] }).map((one) => one.key)).toEqual(onTwo.map((one) => one.key))
  })

  test('have no setting and no figure without its source', () => {
    for (const one of models(cluster)) {
      expect(one.source, one.key).toMatch(/^https:\/\//)
      if (one.weights_gib !== null || one.memory_gib !== null) expect(one.notes, one.key).toContain('https://')
    }
  })

  test('tell of every field in their comments', () => {
    const fields = [ModelEntry, Knobs, LaunchOptions].flatMap((schema) => Object.keys(schema.shape))
    for (const field of fields) expect(shipped).toMatch(new RegExp(`^# .*\\b${field}:`, 'm'))
    const about = readFileSync('config/cluster.yaml', 'utf8')
    const host = ClusterFile.shape.hosts.element.shape
    const settings = Object.entries<SettingRow>(settingRows).filter(([, row]) => row.yaml === true)
    for (const field of [...Object.keys(host), ...settings.map(([name]) => name)]) expect(about, field).toMatch(new RegExp(`\\b${field}:`))
  })
})
