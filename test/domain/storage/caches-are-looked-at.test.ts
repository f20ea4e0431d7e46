import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cacheProbe, readCacheLook, repoFolder, repoOfFolder, repoProbe } from '../../../domain/storage/hub-cache.ts'
import { readFolderWords } from '../../../domain/storage/weight-files.ts'
import { readWeights, weightsPlace, weightsTrouble } from '../../../domain/weights.ts'
import { modelWith, spark1 } from '../launchers/sample.ts'
import { diskWith } from './on-a-disk.ts'

const folder = 'home/hub/models--org--name'
const whole: Readonly<Record<string, string>> = {
  [`${folder}/refs/main`]: 'rev1',
  [`${folder}/blobs/abc`]: 'weights!',
  [`${folder}/blobs/def`]: '{"hidden_size": 8}',
  [`${folder}/snapshots/rev1/model.safetensors`]: '-> ../../blobs/abc',
  [`${folder}/snapshots/rev1/config.json`]: '-> ../../blobs/def',
}

describe('what lies in the cache for a repository', () => {
  const look = (files: Readonly<Record<string, string>>) => {
    const { dir, run } = diskWith(files)
    return readFolderWords(run(repoProbe(join(dir, folder))))
  }

  test('is there when its snapshot is whole, with the weights that its links lead to and its configuration', () => {
    const { facts, weights, config } = look(whole)
    expect(facts.get('state')).toBe('there')
    expect(weights).toEqual([{ kind: 'safetensors', files: 1, bytes: 8 }])
    expect(config).toBe('{"hidden_size": 8}')
  })

  test.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'missing'],
    ['a folder without a snapshot', { [`${folder}/refs/main`]: 'rev1' }, 'missing'],
    ['a first file on its way', { [`${folder}/blobs/abc.incomplete`]: '' }, 'incomplete'],
    ['an unfinished file beside a snapshot', { ...whole, [`${folder}/blobs/x.incomplete`]: '' }, 'incomplete'],
    ['an unfinished copy', { ...whole, [`${folder}/blobs/.rsync-partial/x`]: '' }, 'incomplete'],
    ['a link to a blob that is gone', { ...whole, [`${folder}/snapshots/rev1/b.safetensors`]: '-> ../../blobs/gone' }, 'incomplete'],
    [
      'an index with a file that is not there',
      { ...whole, [`${folder}/snapshots/rev1/model.safetensors.index.json`]: '{"a": "b.safetensors"}' },
      'incomplete',
    ],
    ['a snapshot without refs', Object.fromEntries(Object.entries(whole).filter(([path]) => !path.includes('refs'))), 'there'],
  ])('%s: %s', (_what, files, state) => {
    expect(look(files).facts.get('state')).toBe(state)
  })
})

test('what a swap is told of missing weights names the download, and of a local model what is wrong', () => {
  const model = modelWith({ key: 'mine', repo: 'org/name', local_path: null })
  const { path } = weightsPlace(model, spark1, '/home/spark')
  const trouble = weightsTrouble(model, 'spark-1', readWeights(model, spark1, path, 'state incomplete\n'))
  expect(trouble).toMatchObject({ code: 'weights_missing', message: expect.stringContaining('is not finished') })
  expect(trouble?.advice).toContain('POST /api/models/mine/download')
  const local = modelWith({ key: 'mine', repo: null, local_path: '/models/mine' })
  const look = readWeights(local, spark1, '/models/mine', 'state outside\nleads /etc\n')
  expect(look.state).toBe('unfit')
  expect(weightsTrouble(local, 'spark-1', look)).toMatchObject({ code: 'local_path_outside', message: expect.stringContaining('leads to /etc') })
})

test('a whole cache is told with the bytes of each repository as they lie on the disk', () => {
  const { dir, run } = diskWith({
    ...whole,
    'home/hub/models--org--half/blobs/a.incomplete': 'x'.repeat(10_000),
    'home/hub/models--org--link': '-> {dir}/home/hub/models--org--name',
    'home/hub/datasets--org--data/blobs/a': 'x',
    'models/mine/a.safetensors': 'x',
  })
  const text = run(cacheProbe(`${dir}/home`, [`${dir}/models/mine`, `${dir}/models/gone`]))
  const look = readCacheLook(text)
  expect(look?.repos.map(({ repo, state }) => [repo, state])).toEqual([
    ['org/half', 'incomplete'],
    ['org/name', 'there'],
  ])
  expect(look?.repos[0]?.bytes).toBeGreaterThanOrEqual(10_000)
  expect([...(look?.local.keys() ?? [])]).toEqual([`${dir}/models/mine`])
  expect(look?.freeBytes).toBeGreaterThan(0)
  expect(look?.sizeBytes).toBeGreaterThan(look?.freeBytes ?? 0)
  expect(readCacheLook(text.replace(/end\n$/, ''))).toBeNull()
  rmSync(join(dir, 'home/hub'), { recursive: true })
  expect(readCacheLook(run(cacheProbe(`${dir}/home`, [])))?.repos).toEqual([])
})

test('a folder of the cache and its repository name each other', () => {
  expect(repoFolder('Qwen/Qwen3-30B-A3B')).toBe('models--Qwen--Qwen3-30B-A3B')
  const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/).filter((text) => !text.includes('--') && !text.endsWith('-'))
  fc.assert(fc.property(part, part, (org, name) => repoOfFolder(repoFolder(`${org}/${name}`)) === `${org}/${name}`))
  for (const other of ['datasets--a--b', 'models--a', 'models--', '.locks', 'models--a--b/../c']) expect(repoOfFolder(other)).toBeNull()
})
