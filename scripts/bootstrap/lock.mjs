// A lock between processes of one machine: a file that names its holder. A dead holder's lock is taken over.
import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Takes the lock or tells who has it. Returns `{release, holder: null}`, or `{release: null, holder: {pid, since}}`.
 * The holder calls `release`; a holder that dies is noticed by the next one who asks.
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, born: bornAt(process.pid), since: new Date().toISOString() })
  for (;;) {
    if (createWhole(path, mine)) return { holder: null, release: () => removeIf(path, mine) }
    const theirs = read(path)
    if (theirs === null) continue
    const holder = parse(theirs)
    if (holder !== null && isAlive(holder)) return { release: null, holder: { pid: holder.pid, since: holder.since } }
    takeAway(path, theirs)
  }
}

/** Runs `work` alone; waits while another live process has the lock. `onWait(holder)` is called once when there is a wait. Always releases. */
export async function withLock(path, work, onWait = () => undefined) {
  let told = false
  for (;;) {
    const { release, holder } = tryLock(path)
    if (release) {
      try {
        return await work()
      } finally {
        release()
      }
    }
    if (!told) onWait(holder)
    told = true
    await delay(200)
  }
}

/** The file appears with its text in it: nobody can read a lock that does not name its holder yet. */
function createWhole(path, text) {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    unlinkSync(draft)
  }
}

/** Between reading a stale lock and removing it another process may have replaced it, so removal itself is done by one at a time. */
function takeAway(path, stale) {
  const guard = `${path}.takeover`
  if (!createWhole(guard, String(process.pid))) {
    if (ageMs(guard) > 2_000) unlinkQuietly(guard) // its owner died inside these few lines
    return
  }
  removeIf(path, stale)
  unlinkQuietly(guard)
}

function removeIf(path, text) {
  if (read(path) === text) unlinkQuietly(path)
}

function isAlive({ pid, born }) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  const now = bornAt(pid)
  return born === null || now === null || born === now
}

/** When a process was born, in the kernel's ticks: tells a living holder from a stranger who got its number. Null where there is no /proc. */
function bornAt(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[19] ?? null
  } catch {
    return null
  }
}

function parse(text) {
  try {
    const { pid, born = null, since = null } = JSON.parse(text)
    return Number.isInteger(pid) && pid > 0 ? { pid, born, since } : null
  } catch {
    return null
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

function unlinkQuietly(path) {
  try {
    unlinkSync(path)
  } catch {
    // Gone already: that is what was wanted.
  }
}
