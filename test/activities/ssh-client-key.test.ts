import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureClientKey, newKeyPair } from '../../activities/ssh/client-key.ts'

let parent: string
let dir: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'spark-key-'))
  dir = join(parent, 'keys')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

test('our key is made when it is missing, for our eyes only, in the format of OpenSSH', async () => {
  const { publicKey } = await ensureClientKey(dir)
  const file = join(dir, 'id_ed25519')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(dir)).mode & 0o777).toBe(0o700)
  expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/)
  expect(await readFile(`${file}.pub`, 'utf8')).toBe(`${publicKey}\n`)
  expect(publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]+={0,2} spark-control$/)
})

test('many who need it at once get the same key, and no draft is left', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => ensureClientKey(dir)))
  expect(new Set(made.map((key) => key.privateKey)).size).toBe(1)
  expect((await readdir(dir)).sort()).toEqual(['id_ed25519', 'id_ed25519.pub'])
})

test('a key that is there is used as it is', async () => {
  const first = await ensureClientKey(dir)
  expect(await ensureClientKey(dir)).toEqual(first)
})

test('every new pair can be read back, also the one in 256 whose public key starts with a zero', () => {
  const pairs = Array.from({ length: 1000 }, () => newKeyPair('x'))
  expect(pairs.filter((pair) => ssh2.utils.parseKey(pair.private) instanceof Error)).toEqual([])
  expect(new Set(pairs.map((pair) => pair.public.split(' ')[1]!.length))).toEqual(new Set([68]))
})

test.each([
  ['rubbish', 'rubbish'],
  ['a passphrase', ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'x', cipher: 'aes256-ctr', rounds: 1 }).private],
])('a key file with %s is an error and is not replaced', async (_, text) => {
  await ensureClientKey(dir)
  await writeFile(join(dir, 'id_ed25519'), text)
  await expect(ensureClientKey(dir)).rejects.toThrow('id_ed25519 is no private key without a passphrase')
  expect(await readFile(join(dir, 'id_ed25519'), 'utf8')).toBe(text)
})
