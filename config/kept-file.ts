import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseDocument, type Document } from 'yaml'
import { Problem } from '../domain/problem.ts'

/** A YAML file that this program writes and its owner may write, too. */
export interface KeptFile {
  readonly path: string
  /** Of a new file. One that is there keeps its own, unless this one lets nobody else read it. */
  readonly mode: number
  /** What a new file begins with. */
  readonly heading: string
}

/** Nobody holds a lock for longer than some milliseconds: an older one was left by a process that died. */
const lockLife_ms = 10_000
const lockPatience_ms = 3_000
const lookEvery_ms = 15

/**
 * Changes a YAML file as a whole or not at all: comments stay, the new text is renamed into place after it is safe on the disk, two processes wait for each other.
 * Throws `config_changed` where somebody else wrote the file meanwhile, `config_invalid` for one that cannot be read, `data_dir_read_only`, `data_dir_full`;
 * the old file is intact then.
 */
export async function changeYaml<T>(file: KeptFile, edit: (document: Document) => T): Promise<T> {
  return await withLock(file.path, async () => {
    const before = await textOf(file.path)
    const document = parseDocument(before ?? file.heading)
    if (document.errors.length > 0)
      throw new Problem('config_invalid', `${file.path} cannot be read: ${document.errors[0]?.message.split('\n')[0] ?? ''}`)
    const result = edit(document)
    const after = document.toString({ lineWidth: 0 })
    if (after === before) return result
    if ((await textOf(file.path)) !== before) throw new Problem('config_changed', `${file.path} was changed by somebody else meanwhile`)
    await writeWhole(file.path, after, file.mode)
    return result
  })
}

/** The file has either its old content or all of the new one, whatever fails and whenever. Whoever calls it is the only writer. */
export async function writeWhole(path: string, text: string, newMode: number): Promise<void> {
  const target = await realpath(path).catch(() => path) // an owner's link stays a link
  // One name, so that what a crash left is written over by the next.
  const fresh = join(dirname(target), `.${basename(target)}.new`)
  const kept = (newMode & 0o077) === 0 ? null : await stat(target).catch(() => null)
  const mode = kept === null ? newMode : kept.mode & 0o777
  try {
    const handle = await open(fresh, 'w', mode)
    try {
      await handle.chmod(mode)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw inWords(error, path)
  }
}

/** Runs `body` while nobody else changes that file, in this process or another. */
export async function withLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  const until = performance.now() + lockPatience_ms
  while (!(await taken(lock, path))) {
    if (await isLeft(lock)) await rm(lock, { force: true })
    else if (performance.now() > until) throw new Problem('config_changed', `${path} is being written by somebody else`, {}, 1)
    else await pause(lookEvery_ms)
  }
  try {
    return await body()
  } finally {
    await rm(lock, { force: true })
  }
}

async function taken(lock: string, path: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600)
    await handle.close()
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw inWords(error, path)
  }
}

async function isLeft(lock: string): Promise<boolean> {
  const known = await stat(lock).catch(() => null)
  return known !== null && Date.now() - known.mtimeMs > lockLife_ms
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw inWords(error, path)
  }
}

/** The rename itself must outlive a power cut. Not every file system can do it; then it is as safe as that is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync().catch(() => undefined)
  } finally {
    await folder.close()
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null)

function inWords(error: unknown, path: string): unknown {
  switch (codeOf(error)) {
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new Problem('data_dir_read_only', `${path} cannot be written`, { path })
    case 'ENOSPC':
    case 'EDQUOT':
      return new Problem('data_dir_full', `The disk of ${path} is full`, { path })
    default:
      return error
  }
}
