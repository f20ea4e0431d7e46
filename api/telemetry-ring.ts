import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ifThere } from '../config/if-there.ts'
import type { HostName, Millis } from '../domain/names.ts'
import { hourMs, readRingLine, ringFiles, type RingFile } from '../domain/telemetry/ring.ts'
import type { TelemetryPoint } from '../domain/telemetry/telemetry.ts'

interface Held {
  /** Bytes that are read. */
  offset: number
  readonly points: Map<HostName, Map<string, TelemetryPoint>>
}

/**
 * The telemetry ring in memory: each file is read once, and then what was added to it. Files that are dropped or thinned meanwhile are followed. What is no
 * line of ours, or torn, is passed over. Read while somebody else writes.
 */
export class TelemetryRing {
  readonly #dir: string
  readonly #files = new Map<string, Held>()
  #reading: Promise<void> = Promise.resolve()

  constructor(dir: string) {
    this.#dir = dir
  }

  /** All that was measured since, each host's points oldest first. A ring that is not there (yet) is empty. */
  async since(at: Millis): Promise<ReadonlyMap<HostName, readonly TelemetryPoint[]>> {
    const read = this.#reading.catch(() => undefined).then(() => this.#catchUp()) // one after the other: two must not read the same bytes
    this.#reading = read
    await read
    const hosts = new Map<HostName, Map<string, TelemetryPoint>>()
    const names = [...this.#files.keys()].sort().filter((name) => ringFiles([name]).some(({ hour }) => (hour + 1) * hourMs > at))
    for (const name of names)
      for (const [host, points] of this.#files.get(name)?.points ?? []) {
        const all = hosts.get(host) ?? new Map<string, TelemetryPoint>()
        for (const [time, point] of points) if (Date.parse(time) >= at) all.set(time, point)
        hosts.set(host, all)
      }
    return new Map([...hosts].map(([host, points]) => [host, [...points.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))]))
  }

  async #catchUp(): Promise<void> {
    const files = ringFiles((await ifThere(readdir(this.#dir))) ?? [])
    for (const name of this.#files.keys()) if (!files.some((file) => file.name === name)) this.#files.delete(name)
    for (const file of files) await this.#readOn(file)
  }

  async #readOn({ name }: RingFile): Promise<void> {
    const held = this.#files.get(name) ?? { offset: 0, points: new Map<HostName, Map<string, TelemetryPoint>>() }
    this.#files.set(name, held)
    const bytes = await bytesAfter(join(this.#dir, name), held.offset)
    const end = bytes.lastIndexOf('\n') + 1 // the last line may still be being written
    held.offset += end
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
      const read = line === '' ? null : readRingLine(line)
      if (read === null) continue
      const points = held.points.get(read.host) ?? new Map<string, TelemetryPoint>()
      points.set(read.point.at, read.point)
      held.points.set(read.host, points)
    }
  }
}

async function bytesAfter(path: string, offset: number): Promise<Buffer> {
  const file = await ifThere(open(path, 'r'))
  if (file === null) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    if (size <= offset) return Buffer.alloc(0)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
