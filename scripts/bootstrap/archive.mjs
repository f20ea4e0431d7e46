// One file out of a .tar.gz, as it streams by.
import { createWriteStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

const BLOCK = 512

/**
 * Writes the member called `name` (in whatever folder of the archive) to `destination`, executable.
 * Throws when the archive is damaged, cut short, or has no such member; the destination may then hold a part of it.
 */
export async function extractFile(source, name, destination) {
  const reader = new TarReader(name, destination)
  await pipeline(
    Readable.from(source),
    createGunzip(),
    new Writable({ write: (chunk, _encoding, next) => void reader.take(chunk).then(() => next(), next) }),
  )
  await reader.end()
}

class TarReader {
  #name
  #destination
  #pending = Buffer.alloc(0)
  #left = 0
  #padding = 0
  #output = null
  #found = false

  constructor(name, destination) {
    this.#name = name
    this.#destination = destination
  }

  async take(chunk) {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#pending.length > 0) {
      if (this.#left > 0) await this.#body()
      else if (this.#padding > 0) this.#padding -= this.#cut(this.#padding).length
      else if (this.#pending.length >= BLOCK) this.#header(this.#cut(BLOCK))
      else return
    }
  }

  async end() {
    if (this.#left > 0) throw new Error('the archive ends in the middle of a file')
    if (!this.#found) throw new Error(`the archive has no file called ${this.#name}`)
  }

  #cut(length) {
    const piece = this.#pending.subarray(0, length)
    this.#pending = this.#pending.subarray(piece.length)
    return piece
  }

  #header(block) {
    const path = block.toString('utf8', 0, 100).replace(/\0.*$/s, '')
    const size = Number.parseInt(block.toString('latin1', 124, 136), 8) || 0
    const isFile = block[156] === 0x30 || block[156] === 0
    this.#left = size
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (!isFile || this.#found || path.split('/').pop() !== this.#name) return
    this.#found = true
    this.#output = createWriteStream(this.#destination, { mode: 0o755 })
  }

  async #body() {
    const piece = this.#cut(this.#left)
    this.#left -= piece.length
    if (!this.#output) return
    await new Promise((resolve, reject) => this.#output.write(piece, (error) => (error ? reject(error) : resolve())))
    if (this.#left > 0) return
    this.#output.end()
    await finished(this.#output)
    this.#output = null
  }
}
