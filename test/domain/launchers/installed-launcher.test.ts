import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flagsIn, readFeatures } from '../../../domain/launchers/features.ts'
import { probe, readInstalled } from '../../../domain/launchers/installed.ts'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { Knobs, type Model } from '../../../domain/model.ts'
import { autumn, january, looked, summer } from './help-texts.ts'
import { modelWith, spark1 } from './sample.ts'

const cluster = launcherOf({ launcher: 'spark-vllm-docker' })
const none = { there: false, flags: null }

describe('three generations of help', () => {
  test.each([
    ['January', january, 'always', [], ['--solo', '--ray', '--no-ray', '-e', '--volume', '--earlyoom']],
    ['summer', summer, 'default', ['--solo', '-e', '-d', '--launch-script', '--apply-mod', '--master-port'], ['--ray', '--volume', '--privileged']],
    [
      'autumn',
      autumn,
      'asked',
      ['--solo', '--ray', '--publish', '-v', '--earlyoom', '--discover'],
      ['--privileged', '--distributed-executor-backend', '-M'],
    ],
  ] as const)('%s', (_name, help, ray, has, hasNot) => {
    const features = readFeatures(help, none)
    expect(features?.ray).toBe(ray)
    expect(features?.flags).toEqual(expect.arrayContaining([...has]))
    for (const flag of hasNot) expect(features?.flags).not.toContain(flag)
  })

  test.each<[string, string, Partial<Model>, number, RegExp | null]>([
    ['January, one host', january, {}, 1, /does not know --solo.*git pull/],
    ['January, two hosts without Ray', january, {}, 2, /does not know -e/],
    ['summer', summer, {}, 1, null],
    ['summer, two hosts', summer, {}, 2, null],
    ['summer, a local model', summer, { repo: null, local_path: '/models/x' }, 1, null],
    ['summer, earlyoom', summer, { launch: { earlyoom: true } }, 1, /--earlyoom/],
    ['autumn, all of it', autumn, { launch: { earlyoom: true, ray: true, mods: ['a'], master_port: 1 } }, 2, null],
    ['summer, JSON to a second host', summer, { knobs: Knobs.parse({ extra_args: ['--x', '{"a":1}'] }) }, 2, /quotes out of \{"a":1\}/],
    ['summer, JSON on one host', summer, { knobs: Knobs.parse({ extra_args: ['--x', '{"a":1}'] }) }, 1, null],
    ['autumn, JSON to a second host', autumn, { knobs: Knobs.parse({ extra_args: ['--x', '{"a":1}'] }) }, 2, null],
    ['no start in the background', summer.replace(/.*--no-ray.*\n/, ''), {}, 1, /background/],
    ['no mods', autumn.replace(/.*--apply-mod.*\n/, ''), { launch: { mods: ['a'] } }, 1, /--apply-mod/],
    ['no scripts', autumn.replace(/.*--launch-script.*\n/, ''), { launch: { launch_script: 'a' } }, 1, /--launch-script/],
  ])('%s', (_name, help, change, hosts, message) => {
    const trouble = cluster.probeTrouble(looked(help), modelWith(change), hosts)
    if (message === null) expect(trouble).toBeNull()
    else expect(trouble).toMatchObject({ code: 'launcher_outdated', message: expect.stringMatching(message) })
  })
})

test('a help text never seen before is read for what it has', () => {
  const help = `cluster launcher 3.0\nusage: launch [OPTIONS] -- COMMAND\n\noptions:\n  -n NODES, --nodes NODES  hosts\n\t--solo\tone host\n  -e/--env K=V ...\n  -d, --detach (see --ray)\n  --no-ray\n`
  const features = readFeatures(help, none)
  expect(features).toMatchObject({ ray: 'default', recipes: false })
  expect(features?.flags).toEqual(expect.arrayContaining(['-n', '--nodes', '--solo', '-e', '--env', '-d', '--detach', '--no-ray']))
  expect(cluster.probeTrouble({ code: 2, stdout: help, stderr: '' }, modelWith(), 1)).toBeNull()
})

test('a script that speaks of something else altogether is not guessed at', () => {
  expect(cluster.probeTrouble(looked('sparkctl 4.0 - the friendly way\n\nOptions are read from spark.toml.'), modelWith(), 1)).toMatchObject({
    code: 'launcher_missing',
    message: expect.stringMatching(/is not understood/),
    line: 'Options are read from spark.toml.',
  })
})

test.each([
  { code: 127, stdout: '', stderr: 'sh: launch-cluster.sh: not found' },
  { code: 126, stdout: '', stderr: 'Permission denied' },
  { code: 1, stdout: '', stderr: '' },
  looked('spark-launcher: 1: /x/launch-cluster.sh: not found').stdout.replace('exit 1', 'exit 127'),
])('a script that cannot be run is missing: %o', (exit) => {
  const ended = typeof exit === 'string' ? { code: 0, stdout: exit, stderr: '' } : exit
  expect(cluster.features(ended)).toBeNull()
  expect(cluster.probeTrouble(ended, modelWith(), 1)).toMatchObject({ code: 'launcher_missing' })
})

test('a name in .env that would win over ours is refused, with what to do', () => {
  const other = looked(autumn, 'env', 'container my_vllm')
  expect(cluster.probeTrouble(other, modelWith(), 1)).toMatchObject({ message: expect.stringContaining('`container: my_vllm`') })
  expect(cluster.probeTrouble(other, modelWith({ container: 'my_vllm' }), 1)).toBeNull()
  expect(cluster.probeTrouble(looked(autumn, 'env', 'container vllm_node'), modelWith(), 1)).toBeNull()
})

test('files that a model wants and that are not there are named', () => {
  expect(cluster.probeTrouble(looked(autumn, 'missing mods/a/run.sh'), modelWith({ launch: { mods: ['a'] } }), 1)).toMatchObject({
    code: 'launcher_missing',
    message: expect.stringContaining('no mods/a/run.sh'),
  })
})

describe('any text', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom('== ', 'help', '\n', ' -', '--', 'a', 'Usage', ',', '/', '\u0000')).map((parts) => parts.join('')),
  )

  test('is read without an error, and what is read has the form of flags', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 255 }), (stdout, stderr, code) => {
        for (const flag of flagsIn(stdout)) expect(flag).toMatch(/^--?[A-Za-z][A-Za-z0-9-]*$/)
        const { features } = readInstalled(stdout, stderr, code)
        if (features !== null) expect(features.flags).toEqual([...new Set(features.flags)])
        cluster.probeTrouble({ stdout, stderr, code }, modelWith(), 1)
        cluster.launchTrouble({ stdout, stderr, code })
      }),
    )
  })

  test('around the flags of a list leaves them readable', () => {
    const flag = fc.stringMatching(/^--[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,2}$/)
    const prose = fc.stringMatching(/^[A-Za-z ,.()]{0,60}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(flag, prose), { minLength: 1, maxLength: 20 }), (lines) => {
        const help = `Usage: x [options]\n${lines.map(([one, words]) => `  ${one}  ${words}`).join('\n')}\n`
        expect(readFeatures(help, none)?.flags).toEqual([...new Set(lines.map(([one]) => one))])
      }),
    )
  })
})

describe('the look itself', () => {
  let home: string
  const run = (model?: Model): ReturnType<typeof readInstalled> => {
    const [program = '', ...words] = probe(spark1, home, model)
    const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8' })
    return readInstalled(stdout, stderr, status ?? 0)
  }
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'spark-launcher-'))
    const dir = join(home, 'spark-vllm-docker')
    for (const folder of ['recipes/4x', 'mods/fix', 'examples']) mkdirSync(join(dir, folder), { recursive: true })
    writeFileSync(join(dir, 'launch-cluster.sh'), `#!/bin/sh\ncat <<'HELP'\n${autumn}HELP\nexit 1\n`)
    chmodSync(join(dir, 'launch-cluster.sh'), 0o755)
    writeFileSync(join(dir, 'run-recipe.sh'), 'echo must not run >&2; exit 3\n')
    writeFileSync(join(dir, 'run-recipe.py'), `add_argument("--solo")\nadd_argument(\n  "-d", '--daemon')\n`)
    writeFileSync(join(dir, '.env'), 'CLUSTER_NODES=10.0.0.1\nCONTAINER_NAME="my vllm" # mine\nCONTAINER_HF_TOKEN=hf_secret\n')
    writeFileSync(join(dir, 'mods/fix/run.sh'), '')
    writeFileSync(
      join(dir, 'recipes/4x/big.yaml'),
      "name: big\ncontainer: 'no/such-image:of-ours' # built\ncluster_only: true\ncommand: |\n  container: no\n",
    )
  })
  afterAll(() => rmSync(home, { recursive: true }))

  test('is one line without control characters, as every word that goes to a host', () => {
    for (const word of probe(spark1, home, modelWith({ launch: { recipe: 'a', mods: ['b'] } }))) expect(word).not.toMatch(/\p{Cc}/u)
  })

  test('finds script, recipes and .env, runs nothing but the help, and shows no secret', () => {
    const found = run()
    expect(found).toMatchObject({ dir: join(home, 'spark-vllm-docker'), dotEnv: true, dotEnvContainer: 'my vllm', missing: [], recipe: null })
    expect(found.features).toMatchObject({ ray: 'asked', recipes: true, recipeFlags: ['--solo', '-d', '--daemon'] })
    expect(JSON.stringify(found)).not.toContain('hf_secret')
  })

  test('tells of what a model wants', () => {
    expect(run(modelWith({ launch: { recipe: '4x/big' } })).recipe).toEqual({
      found: true,
      image: 'no/such-image:of-ours',
      imageThere: false,
      clusterOnly: true,
      soloOnly: false,
    })
    expect(run(modelWith({ launch: { recipe: 'gone' } })).missing).toEqual(['recipes/gone.yaml'])
    expect(run(modelWith({ launch: { mods: ['fix', 'other'], launch_script: 'start' } })).missing).toEqual(['mods/other/run.sh', 'examples/start.sh'])
  })

  test('on a host without it says so', () => {
    const [program = '', ...words] = probe({ ...spark1, launcherDir: '/nowhere' }, home)
    const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
    expect(readInstalled(stdout, stderr, 0)).toMatchObject({ runs: false, features: null })
  })
})
