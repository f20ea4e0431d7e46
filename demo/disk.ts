import { createHash, randomUUID } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Absolute paths of a real Spark that lie in the host's own tree here. */
const ownPaths = [
  '/proc/meminfo',
  '/proc/sys/kernel/random/boot_id',
  '/proc/sys/vm/drop_caches',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/stat',
  '/proc/diskstats',
  '/proc/pressure',
  '/proc/net',
  '/etc/dgx-release',
  '/var/run/reboot-required',
  '/var/lib/spark-control',
  '/opt/spark-vllm-docker',
  '/models',
]

/** Of a process that is simulated: the real ones of this machine are nobody's on the host. */
const ownProcess = String.raw`/proc/(?:\$\{?\w+\}?|5\d{6})/(?:cmdline|environ)`

// A path counts only where it begins a word: not inside `~/models`, `$HOME/models` or `/v1/models`, and not `/models-old`.
const ownPath = new RegExp(`(?<![\\w.~}/-])(?:${[...ownPaths.map((path) => path.replaceAll('.', '\\.')), ownProcess].join('|')})(?![\\w.-])`, 'g')

/** A path that stands for itself wherever it comes to stand in a command's text. */
const plain = /^[\w./-]+$/

/**
 * The disk of one simulated host, kept under one directory of this machine. Where the directory's name holds blanks or quotes, which would not
 * survive in a command's text, commands see it through an alias in the temporary folder.
 */
export class HostDisk {
  readonly dir: string
  readonly alias: string

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.dir = realpathSync(dir)
    this.alias = plain.test(this.dir) ? this.dir : aliasOf(this.dir)
    if (this.alias !== this.dir) linkOver(this.alias, this.dir)
    for (const path of [
      'home',
      'bin',
      'docker-bin',
      'container-bin',
      'ssh',
      ...ownPaths.map((own) => `root${dirname(own)}`),
      'root/var/lib/spark-control',
      'root/models',
      'root/proc/pressure',
      'root/proc/net',
    ]) {
      mkdirSync(join(this.dir, path), { recursive: true })
    }
  }

  get home(): string {
    return join(this.alias, 'home')
  }

  get bin(): string {
    return join(this.alias, 'bin')
  }

  /** Where the `docker` command lives: apart, so that it can be taken away. */
  get dockerBin(): string {
    return join(this.alias, 'docker-bin')
  }

  /** Where the `vllm` command lives: inside containers only, as on a real Spark. */
  get containerBin(): string {
    return join(this.alias, 'container-bin')
  }

  /** Where a path of the simulated Spark lies on this machine. */
  path(ofSpark: string): string {
    return this.rewrite(ofSpark)
  }

  /** A command's text with the Spark's own paths replaced by where they lie here. */
  rewrite(command: string): string {
    return command.replaceAll(ownPath, (path) => `${this.alias}/root${path}`)
  }

  /** The opposite of `rewrite`: what a program of the Spark would have seen. */
  asSeen(text: string): string {
    return text.replaceAll(`${this.alias}/root/`, '/').replaceAll(`${this.dir}/root/`, '/')
  }

  /** Replaces a file of the host at one blow, so that no reader sees half of it. */
  write(ofSpark: string, content: string): void {
    const target = this.path(ofSpark)
    const draft = `${target}.${randomUUID()}`
    writeFileSync(draft, content)
    renameSync(draft, target)
  }

  /** Takes the alias away; the directory stays. */
  close(): void {
    if (this.alias !== this.dir) rmSync(this.alias, { force: true })
  }
}

function aliasOf(dir: string): string {
  const id = createHash('sha256').update(dir).digest('hex').slice(0, 12)
  return join(tmpdir(), `spark-demo-${String(userInfo().uid)}-${id}`)
}

/** Points `alias` at `dir`. The temporary folder is everybody's: a link that somebody else put there is refused. */
function linkOver(alias: string, dir: string): void {
  const there = lstatSync(alias, { throwIfNoEntry: false })
  if (there && (!there.isSymbolicLink() || there.uid !== userInfo().uid)) throw new Error(`${alias} is in the way and is not ours: remove it`)
  if (there && existsSync(alias) && resolve(readlinkSync(alias)) === dir) return
  rmSync(alias, { force: true })
  symlinkSync(dir, alias)
}
