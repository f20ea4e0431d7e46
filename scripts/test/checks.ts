import { runTool } from './command.ts'
import type { CheckName } from './selection.ts'
import type { Tally } from './tally.ts'

const limitMs = 5 * 60_000
const commands: Record<CheckName, readonly (readonly [tool: string, ...args: string[]])[]> = {
  lint: [
    ['eslint', '.'],
    ['prettier', '--check', '--log-level', 'warn', '.'],
    ['knip', '--no-progress'],
  ],
  types: [['tsc']],
}

/** Runs all commands of a check, also after one failed, so that one run shows everything; counts as one. */
export async function runCheck(name: CheckName, say: (line: string) => void): Promise<Tally> {
  let failed = 0
  for (const [tool, ...args] of commands[name]) {
    const { code, timedOut } = await runTool(tool, args, limitMs)
    if (code === 0) continue
    failed = 1
    say(`${name}: ${tool} ${timedOut ? `took longer than ${limitMs / 60_000} minutes` : 'found faults'}`)
  }
  return { passed: 1 - failed, failed, skipped: 0 }
}
