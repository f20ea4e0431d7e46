import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const project = resolve(import.meta.dirname, '../..')

/** How a command ended, and the last of what it wrote. */
export interface Ended {
  readonly code: number | null
  readonly timedOut: boolean
}

/** Runs a program of node_modules/.bin with its output on ours. At the limit it gets SIGTERM, 10 s later SIGKILL. */
export function runTool(tool: string, args: readonly string[], limitMs: number): Promise<Ended> {
  const child = spawn(join(project, 'node_modules', '.bin', tool), args, { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] })
  const { promise, resolve: done } = Promise.withResolvers<Ended>()
  let timedOut = false
  let last: NodeJS.Timeout | undefined
  const limit = setTimeout(() => {
    timedOut = true
    child.kill('SIGTERM')
    last = setTimeout(() => child.kill('SIGKILL'), 10_000)
  }, limitMs)
  const end = (code: number | null): void => {
    clearTimeout(limit)
    clearTimeout(last)
    done({ code, timedOut })
  }
  child.once('error', () => end(null))
  child.once('exit', end)
  return promise
}
