import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'

export interface ClientKey {
  readonly privateKey: string
  /** One line for a host's authorized_keys. */
  readonly publicKey: string
}

/**
 * Our own SSH key, `<keysDir>/id_ed25519` in OpenSSH's format; made when it is missing (0600, safe when several processes do it at once).
 * Throws when the file is there and can't be used: it is never replaced.
 */
export async function ensureClientKey(keysDir: string): Promise<ClientKey> {
  const file = join(keysDir, 'id_ed25519')
  const there = await textOf(file)
  if (there !== null) return readClientKey(file, there)
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const made = newKeyPair('spark-control')
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, made.private, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, file) // unlike a rename it never replaces the key of a process that was faster
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  const key = readClientKey(file, await readFile(file, 'utf8'))
  await writeFile(`${file}.pub`, `${key.publicKey}\n`, { mode: 0o644 })
  return key
}

/** A new Ed25519 pair in OpenSSH's format. ssh2 drops a zero at the start of the public key, so one pair in 256 can't be read: then another is made. */
export function newKeyPair(comment: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

function readClientKey(file: string, text: string): ClientKey {
  const key = onlyKey(ssh2.utils.parseKey(text))
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) throw new Error(`${file} is no private key without a passphrase`)
  return { privateKey: text, publicKey: `${key.type} ${key.getPublicSSH().toString('base64')} spark-control` }
}

/** OpenSSH's format gives a list of one, whatever ssh2's types say. */
const onlyKey = (parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error | undefined => (Array.isArray(parsed) ? parsed[0] : parsed)

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
