import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a command ended. `code` is null where it was killed, at the latest by the limit. */
export type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** The script that makes the hosts and every fault of theirs. */
export const stageScript = fileURLToPath(new URL('netns-hosts.sh', import.meta.url))
/** Where the script keeps what belongs to the hosts. */
export const stateFolder = '/run/spark-control-hosts'

/** Runs a command with an empty stdin. Does not throw: also a command that is not there is an outcome. */
export const run = (file: string, argv: readonly string[], limitSeconds: number): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = execFile(file, argv, { timeout: limitSeconds * 1000, killSignal: 'SIGKILL', maxBuffer: 32 * 1024 * 1024 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
    child.stdin?.end()
  })

/** Tells the stage script what to do; throws, with its words, when it did not. */
export async function must(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await run(stageScript, argv, 90)
  if (code !== 0) throw new Error(`netns-hosts.sh ${argv.join(' ')}: ${stderr.trim() || `exit ${code ?? 'unknown'}`}`)
}
