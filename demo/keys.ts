import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import ssh2 from 'ssh2'

/** An ed25519 key pair in OpenSSH's formats; `publicKey` is `ssh-ed25519 AAAA…` without a comment. */
export interface KeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

/** Makes a key pair and writes it to `file` (0600) and `file.pub`, over what was there. */
export function makeKey(file: string, comment: string): KeyPair {
  const made = soundKey(comment)
  writeFileSync(file, made.private, { mode: 0o600 })
  writeFileSync(`${file}.pub`, `${made.public}\n`)
  return { privateKey: made.private, publicKey: withoutComment(made.public) }
}

/** The key pair in `file`, made now if it is not there. */
export function keepKey(file: string, comment: string): KeyPair {
  if (!existsSync(file) || !existsSync(`${file}.pub`)) return makeKey(file, comment)
  return { privateKey: readFileSync(file, 'utf8'), publicKey: withoutComment(readFileSync(`${file}.pub`, 'utf8')) }
}

/** The fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64. */
export function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** ssh2 drops leading zero bytes of a public key: one pair in 256 comes out malformed, and another one is made. */
function soundKey(comment: string): { private: string; public: string } {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made
  }
}

function withoutComment(publicKey: string): string {
  return publicKey.trim().split(' ').slice(0, 2).join(' ')
}
