import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configSource, loadConfig } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spark-config-'))
  mkdirSync(join(dataDir, 'config'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const env = (more: Record<string, string> = {}) => ({ SPARK_DATA_DIR: dataDir, ...more })
const write = (file: string, text: string) => writeFileSync(join(dataDir, 'config', file), text)
const read = (more: Record<string, string> = {}) => loadConfig(placesFrom(env(more)), env(more))
const twoHosts = 'cluster_id: home\nhosts:\n  - name: spark-1\n    address: 10.0.0.1\n  - name: spark-2\n    address: 10.0.0.2\n    vllm_port: 9000\n'
const oneModel = 'models:\n  small:\n    repo: org/small\n'

describe('a good configuration', () => {
  test('has every default filled in', () => {
    write('cluster.yaml', twoHosts)
    write('models.yaml', oneModel)
    const state = read()
    expect(state).toMatchObject({
      kind: 'ready',
      cluster: {
        clusterId: 'home',
        demo: false,
        defaultPlacement: ['spark-1'],
        hosts: [{ vllmPort: 8888, user: 'spark', port: 22 }, { vllmPort: 9000 }],
      },
      refused: [],
    })
    expect(state.kind === 'ready' && state.models.get('small')).toMatchObject({
      key: 'small',
      repo: 'org/small',
      local_path: null,
      container: 'vllm_node',
      served_name: 'org/small',
      placement: ['spark-1'],
      launcher: 'spark-vllm-docker',
    })
  })

  test('the shipped cluster.yaml and models.yaml load', () => {
    write('cluster.yaml', readFileSync('config/cluster.yaml', 'utf8'))
    const state = read()
    expect(state.kind === 'ready' ? state.warnings : state.message).toEqual([])
    expect(state.refused).toEqual([])
  })

  test('overrides change single fields, add models and take models away', () => {
    write('cluster.yaml', twoHosts)
    write('models.yaml', 'models:\n  a:\n    repo: org/a\n    knobs: { max_model_len: 100 }\n  b:\n    repo: org/b\n')
    write('models-overrides.yaml', 'models:\n  a:\n    name: My A\n  b: null\n  c:\n    local_path: /models/c\n')
    const state = read()
    if (state.kind !== 'ready') throw new Error(state.message)
    expect([...state.models.keys()]).toEqual(['a', 'c'])
    expect(state.models.get('a')).toMatchObject({ name: 'My A', repo: 'org/a', knobs: { max_model_len: 100 } })
  })

  test('a mended file is taken up by itself', () => {
    write('cluster.yaml', twoHosts)
    write('models.yaml', 'models:\n  a: {}\n')
    const source = configSource(placesFrom(env()), env())
    expect(source.read().kind).toBe('unready')
    write('models.yaml', oneModel)
    expect(source.read().kind).toBe('ready')
    expect(source.read()).toBe(source.read())
  })
})

describe('a bad file is named with line and column', () => {
  const cases: [string, { cluster?: string; models?: string; overrides?: string }, RegExp][] = [
    ['a tab', { models: 'models:\n  a:\n\trepo: org/a\n' }, /models\.yaml:3:1: .*tab.*spaces/i],
    ['a duplicate key', { models: 'models:\n  a:\n    repo: org/a\n  a:\n    repo: org/b\n' }, /models\.yaml:4:3: .*unique/i],
    ['a missing field', { cluster: 'cluster_id: home\nhosts:\n  - name: spark-1\n' }, /cluster\.yaml:3:5 hosts\.0\.address: is missing \(string\)/],
    ['both repo and local_path', { models: 'models:\n  a:\n    repo: org/a\n    local_path: /m\n' }, /models\.yaml:2:3 models\.a: exactly one of/],
    ['neither repo nor local_path', { models: 'models:\n  a:\n    name: x\n' }, /models\.yaml:2:3 models\.a: exactly one of/],
    [
      'an unknown host',
      { models: 'models:\n  a:\n    repo: org/a\n    placement: [spark-9]\n' },
      /models\.yaml:4:17 models\.a\.placement\.0: no host is called spark-9; cluster.yaml has spark-1, spark-2/,
    ],
    ['an unknown field', { models: 'models:\n  a:\n    repo: org/a\n    knbs: {}\n' }, /models\.yaml:4:5 models\.a\.knbs: no such field/],
    [
      'a host twice',
      { cluster: 'cluster_id: home\nhosts:\n  - { name: a, address: x }\n  - { name: a, address: y }\n' },
      /cluster\.yaml:4:7 hosts\.1\.name: two hosts are called a/,
    ],
    [
      'arguments of a host that would hide its containers',
      { cluster: "cluster_id: home\nhosts:\n  - { name: a, address: x, extra_docker_args: '--name other' }\n" },
      /cluster\.yaml:3:\d+ hosts\.0\.extra_docker_args: --name is set by Spark Control/,
    ],
    [
      'an extra argument with a newline',
      { models: 'models:\n  a:\n    repo: org/a\n    knobs:\n      extra_args: ["--x\\ny"]\n' },
      /models\.yaml:5:\d+ models\.a\.knobs\.extra_args\.0: no control characters/,
    ],
    [
      'a bad override',
      { models: oneModel, overrides: 'models:\n  small:\n    local_path: /x\n' },
      /models-overrides\.yaml:2:3 models\.small: exactly one of/,
    ],
    ['text that is no mapping', { cluster: 'hello\n' }, /cluster\.yaml:1:1/],
  ]
  test.each(cases)('%s', (_name, { cluster = twoHosts, models = oneModel, overrides }, message) => {
    write('cluster.yaml', cluster)
    write('models.yaml', models)
    if (overrides !== undefined) write('models-overrides.yaml', overrides)
    const state = read()
    expect(state).toMatchObject({ kind: 'unready', code: 'config_invalid' })
    expect(state.kind === 'unready' && state.message).toMatch(message)
  })
})

describe('settings', () => {
  test('a blank or bad number falls back to the default, and it is said where', () => {
    write('cluster.yaml', `${twoHosts}settings:\n  vllm_port: 70000\n  warm_s: ''\n  launch_s: soon\n  colour: red\n`)
    write('models.yaml', oneModel)
    const state = read({ TEMPORAL_PORT: 'abc', VLLM_PORT: '' })
    expect(state.settings).toMatchObject({ vllm_port: 8888, warm_s: 600, launch_s: 3600, temporal_port: 7233 })
    expect(state.refused.map((refused) => [refused.source, refused.value, refused.used])).toEqual([
      ['TEMPORAL_PORT', 'abc', '7233'],
      ['cluster.yaml: settings.vllm_port', '70000', '8888'],
      ['cluster.yaml: settings.launch_s', 'soon', '3600'],
    ])
    expect(state.warnings).toEqual([expect.stringMatching(/cluster\.yaml:\d+:3 settings\.colour: no such setting/)])
  })

  test('the environment wins over cluster.yaml, which wins over the default', () => {
    write('cluster.yaml', `${twoHosts}settings:\n  vllm_port: 8000\n  vllm_container: mine\n`)
    write('models.yaml', oneModel)
    expect(read({ VLLM_PORT: '8001' }).settings).toMatchObject({ vllm_port: 8001, vllm_container: 'mine' })
  })
})

describe('demo or real', () => {
  test('without a cluster.yaml the demo applies, with its own directories', () => {
    expect(placesFrom(env())).toMatchObject({ demo: true, configDir: join(dataDir, 'demo', 'config'), keysDir: join(dataDir, 'demo', 'keys') })
  })

  test('a cluster.yaml that was once there and is gone is not_configured, never a demo', () => {
    write('cluster.yaml', twoHosts)
    write('models.yaml', oneModel)
    expect(configSource(placesFrom(env()), env()).read().kind).toBe('ready')
    unlinkSync(join(dataDir, 'config', 'cluster.yaml'))
    expect(placesFrom(env()).demo).toBe(false)
    expect(read()).toMatchObject({ kind: 'unready', code: 'not_configured' })
  })

  test.each(['1', 'true', 'TRUE', 'Yes'])('SPARK_DEMO=%s shows the demo whatever is configured', (word) => {
    write('cluster.yaml', twoHosts)
    expect(placesFrom(env({ SPARK_DEMO: word })).demo).toBe(true)
    expect(read({ SPARK_DEMO: word })).toMatchObject({ settings: { demo: true }, refused: [] })
  })

  test('a SPARK_DEMO that is no answer is refused with what it may be', () => {
    expect(read({ SPARK_DEMO: 'maybe' }).refused).toMatchObject([{ setting: 'demo', reason: 'one of 1, 0, true, false, yes, no', used: 'false' }])
  })
})
