import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

/** A port that we mean to listen on, and the setting that names it. */
export interface WantedPort {
  readonly host: string
  readonly port: number
  readonly what: string
  readonly setting: string
}

/** Why we could not listen there, in words for the user; null when we can. Listens for a moment to find out. */
export async function faultOfPort({ host, port, what, setting }: WantedPort): Promise<string | null> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code // listen fails with a system error
    const where = `${what} cannot listen on port ${port} of ${host}`
    if (code === 'EADDRINUSE')
      return `${where}: ${(await holderOf(port)) ?? 'another program'} has it. End that, or choose another port by ${setting}.`
    if (code === 'EACCES') return `${where}: this user may not use it. Choose one above 1023 by ${setting}.`
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${where}: this machine has no such address. Choose another by ${setting}.`
    return `${where} (${code ?? String(error)}). Choose another by ${setting}.`
  }
}

/** Who listens on that port, as `name (process 123)`; null where this machine does not tell us. */
async function holderOf(port: number): Promise<string | null> {
  const pid = (await pidByProc(port)) ?? (await pidByLsof(port))
  if (pid === null) return null
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const name = words.split('\0').join(' ').trim().slice(0, 100)
  return name === '' ? `process ${pid}` : `\`${name}\` (process ${pid})`
}

async function pidByProc(port: number): Promise<number | null> {
  const inodes = await listeningInodes(port)
  if (inodes.size === 0) return null
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      if (inodes.has(target)) return Number(pid)
    }
  }
  return null
}

/** The kernel's tables hold ports in hex, and 0A for a socket that listens. */
async function listeningInodes(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')))
  const rows = tables.join('\n').split('\n')
  const fields = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[1]?.endsWith(suffix) === true && row[3] === '0A')
  return new Set(fields.map((row) => `socket:[${row[9] ?? ''}]`))
}

async function pidByLsof(port: number): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { timeout: 5_000 })
    return Number.parseInt(stdout, 10) || null
  } catch {
    return null
  }
}
