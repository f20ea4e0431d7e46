import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { clusterOf, hostAt, newKeys, startServer, type Keys, type TestServer } from './ssh-test-server.ts'

/** What the host has: no container ever, and whatever the test puts into these files. Everything else is this machine's own: shell, kill, /proc. */
const tools = {
  docker: 'case $1 in ps) exit 0 ;; *) echo "Error: No such container" >&2; exit 1 ;; esac',
  'nvidia-smi':
    'echo "$*" >>"$SCRIPTED/smi-calls"; [ ! -e "$SCRIPTED/smi-hangs" ] || exec sleep 30\ncase $* in *compute-apps*) /bin/cat "$SCRIPTED/apps" ;; *) echo "NVIDIA GB10, 0, 41, 11.17, 208" ;; esac',
  cat: 'if [ "$*" = /proc/meminfo ]; then exec /bin/cat "$SCRIPTED/meminfo"; fi\nexec /bin/cat "$@"',
  date: 'if [ -e "$SCRIPTED/clock" ]; then exec /bin/date --date "$(/bin/cat "$SCRIPTED/clock")" "$@"; fi\nexec /bin/date "$@"',
  sudo: `echo "$*" >>"$SCRIPTED/sudo-calls"
[ ! -e "$SCRIPTED/sudo-refuses" ] || { echo 'sudo: a password is required' >&2; exit 1; }
shift
case $* in *drop_caches*) /bin/cat "$SCRIPTED/meminfo-after" >"$SCRIPTED/meminfo" ;; *) exec "$@" ;; esac`,
}

/** A host over real SSH and a real shell whose docker, nvidia-smi, sudo and memory are scripts of the test. Close it. */
export class ScriptedHost {
  readonly hosts: Hosts
  readonly name = 'spark-1'
  readonly #dir: string
  readonly #server: TestServer
  readonly #keys: Keys

  static async start(): Promise<ScriptedHost> {
    const dir = mkdtempSync(join(tmpdir(), 'spark-scripted-'))
    const keys = await newKeys()
    const bin = join(dir, 'bin')
    mkdirSync(bin)
    for (const [tool, script] of Object.entries(tools)) writeFileSync(join(bin, tool), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const server = await startServer({
      authorized: keys.authorized,
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, SCRIPTED: dir, HOME: dir },
    })
    await keys.pin(server)
    return new ScriptedHost(dir, server, keys)
  }

  private constructor(dir: string, server: TestServer, keys: Keys) {
    this.#dir = dir
    this.#server = server
    this.#keys = keys
    const host = hostAt(server.port, { stateDir: join(dir, 'state'), vllmPort: 1 })
    this.hosts = createHosts({ cluster: () => clusterOf(host), keysDir: keys.dir })
    this.reset()
  }

  /** Nothing on the GPU, 110 GiB available and 100 of it free, and a sudo that does as it is told. */
  reset(): void {
    for (const file of ['clock', 'smi-hangs', 'smi-calls', 'sudo-refuses', 'sudo-calls']) rmSync(join(this.#dir, file), { force: true })
    this.write('apps', '')
    this.setMemory(110, 100)
  }

  setMemory(availableGib: number, freeGib: number, file: 'meminfo' | 'meminfo-after' = 'meminfo'): void {
    const rows = { MemTotal: 121, MemFree: freeGib, MemAvailable: availableGib }
    this.write(
      file,
      Object.entries(rows)
        .map(([name, gib]) => `${name}: ${String(gib * 1024 * 1024)} kB\n`)
        .join(''),
    )
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#dir, file), text)
  }

  /** Each call of a tool that keeps a record of its calls. */
  calls(of: 'smi' | 'sudo'): string[] {
    const file = join(this.#dir, `${of}-calls`)
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  async close(): Promise<void> {
    await this.hosts.close()
    await this.#server.close()
    await this.#keys.remove()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
