import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../domain/errors.ts'
import { folderProbe, listProbe, readFolderLook, readListing } from '../../../domain/storage/folder-look.ts'
import { modelTrouble, pathTrouble } from '../../../domain/storage/local-path.ts'
import { diskWith } from './on-a-disk.ts'

const model = { 'config.json': '{}', 'model-00001-of-00001.safetensors': 'weights' }
const at = (folder: string, files: Readonly<Record<string, string>> = model): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]))

function judged(files: Readonly<Record<string, string>>, path: string, launcher: 'docker' | 'command' = 'docker'): ErrorCode | null {
  const { dir, run } = diskWith({ 'home/.keep': '', 'models/.keep': '', ...files })
  const roots = ['~', `${dir}/models`, `${dir}/not-there`]
  const whole = path.replace('{dir}', dir)
  const look = readFolderLook(run(folderProbe(whole, roots)))
  if (look === null) throw new Error('the look printed no state')
  return modelTrouble('spark-1', whole, look, roots, launcher)?.code ?? null
}

test.each([
  ['a relative path', 'models/mine', 'local_path_relative'],
  ['a path that climbs', '/models/../etc', 'local_path_climbs'],
  ['a path that ends with ..', '/models/..', 'local_path_climbs'],
])('%s is refused by its words alone', (_what, path, code) => {
  expect(pathTrouble(path)?.code).toBe(code)
})

test.each(['/models/mine', '~/mine', '~', '/models/a..b'])('%s is a path that a host is asked about', (path) => {
  expect(pathTrouble(path)).toBeNull()
})

describe('a folder is a local model', () => {
  test('when it lies in a root and has config.json and weights', () => {
    expect(judged(at('models/mine'), '{dir}/models/mine')).toBeNull()
    expect(judged(at('home/mine'), '~/mine')).toBeNull()
    expect(judged(at('models/mine', { 'config.json': '{}', 'a.gguf': 'x' }), '{dir}/models/mine')).toBeNull()
  })
  test('also where the folder itself is a link within the roots', () => {
    expect(judged({ ...at('models/real'), 'models/mine': '-> {dir}/models/real' }, '{dir}/models/mine')).toBeNull()
  })

  test.each<[string, Record<string, string>, string, ErrorCode]>([
    ['it lies in no root', at('elsewhere'), '{dir}/elsewhere', 'local_path_outside'],
    ['its name only begins like a root', at('models-old'), '{dir}/models-old', 'local_path_outside'],
    ['it is a link out of the root', { ...at('elsewhere'), 'models/mine': '-> {dir}/elsewhere' }, '{dir}/models/mine', 'local_path_outside'],
    ['a folder above it is one', { ...at('elsewhere/deep'), 'models/l': '-> {dir}/elsewhere' }, '{dir}/models/l/deep', 'local_path_outside'],
    ['a link leads out to nothing', { 'models/mine': '-> /nowhere/at/all' }, '{dir}/models/mine', 'local_path_outside'],
    ['nothing is there', {}, '{dir}/models/mine', 'local_path_missing'],
    ['it is a file', { 'models/mine': 'x' }, '{dir}/models/mine', 'local_path_not_folder'],
    ['it has no config.json', at('models/mine', { 'a.safetensors': 'x' }), '{dir}/models/mine', 'local_path_no_config'],
    ['it has no weights', at('models/mine', { 'config.json': '{}' }), '{dir}/models/mine', 'local_path_no_weights'],
    [
      'all it has is a trainer’s own file',
      at('models/mine', { 'config.json': '{}', 'training_args.bin': 'x' }),
      '{dir}/models/mine',
      'local_path_no_weights',
    ],
    [
      'its index names a file that is not there',
      at('models/mine', { ...model, 'model.safetensors.index.json': '{"weight_map": {"a": "model-00002-of-00002.safetensors"}}' }),
      '{dir}/models/mine',
      'local_path_no_weights',
    ],
    [
      'its weights are links out of it',
      { ...at('models/mine', { 'config.json': '{}', 'a.safetensors': '-> ../blob' }), 'models/blob': 'x' },
      '{dir}/models/mine',
      'local_path_links_out',
    ],
  ])('but not when %s', (_what, files, path, code) => {
    expect(judged(files, path)).toBe(code)
  })

  test('links out of it are no trouble where no container is', () => {
    const files = { ...at('models/mine', { 'config.json': '{}', 'a.safetensors': '-> ../blob' }), 'models/blob': 'x' }
    expect(judged(files, '{dir}/models/mine', 'command')).toBeNull()
  })
})

test('a folder of the host is listed with what looks like a model, and what is hidden or leads out is not shown', () => {
  const { dir, run } = diskWith({
    ...at('models/mine'),
    'models/empty/readme': '',
    'models/.hidden/config.json': '{}',
    'models/file': '',
    'elsewhere/x': '',
    'models/out': '-> {dir}/elsewhere',
    'models/in': '-> {dir}/models/mine',
    'models/two\nlines/config.json': '{}',
    'models/with:colon/config.json': '{}',
    'models/with blank/config.json': '{}',
  })
  const listing = readListing(run(listProbe(`${dir}/models`, [`${dir}/models`])))
  expect(listing).toEqual({
    state: 'folder',
    at: `${dir}/models`,
    home: `${dir}/home`,
    self: { name: '', looksLikeModel: false, bytes: null },
    folders: [
      { name: 'empty', looksLikeModel: false, bytes: null },
      { name: 'in', looksLikeModel: true, bytes: 7 },
      { name: 'mine', looksLikeModel: true, bytes: 7 },
      { name: 'with blank', looksLikeModel: false, bytes: null },
    ],
    more: false,
  })
  expect(readListing(run(listProbe(`${dir}/elsewhere`, [`${dir}/models`])))).toMatchObject({ state: 'outside' })
})

test('whatever a host prints, reading it neither throws nor invents a folder outside', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          'state folder\nat /\nhome /\n',
          'state ',
          'folder',
          '\n',
          'a',
          '/',
          '..',
          'has config.json',
          'weights bin 1 1',
          'end here\n',
          ' ',
        ),
      }),
      (text) => {
        readFolderLook(text)
        const listing = readListing(text)
        if (listing?.state === 'folder') for (const { name } of listing.folders) expect(name).not.toMatch(/\/|^\.\.?$|\n/)
      },
    ),
  )
})
