import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFence, type StoredFence } from '../../domain/fence.ts'
import { fencedCommand, readVerdict, takeoverCommand, type Verdict } from '../../domain/fence-script.ts'
import type { Mark, StepMarker } from '../../domain/mark.ts'

/** A host reduced to its state directory: fenced commands run in a real shell of this machine. */
export interface FencedHost {
  readonly dir: string
  readonly stateDir: string
  /** Runs a command with a mark. `around` wraps the whole command line in another one, e.g. a limit on file sizes. */
  change(mark: Mark, argv: readonly string[], options?: ChangeOptions): Promise<Outcome>
  takeOver(clusterId: string): Promise<Verdict>
  fence(): StoredFence | null
  remove(): Promise<void>
}

interface ChangeOptions {
  readonly marker?: StepMarker
  readonly waitS?: number
  readonly limitS?: number
  readonly stdin?: string
  readonly around?: (line: string) => readonly string[]
}

export interface Outcome {
  readonly verdict: Verdict
  readonly stderr: string
  readonly exitCode: number | null
}

const nonce = 'n0nce'
export const markOf = (fence: number, step = 0, attempt = 0, clusterId = 'demo'): Mark => ({ clusterId, fence, step, attempt })

/** `shell` is what `sh` is on this host. */
export async function fencedHost(shell: 'dash' | 'bash' = 'dash'): Promise<FencedHost> {
  const dir = await mkdtemp(join(tmpdir(), 'spark-fence-'))
  const stateDir = join(dir, 'state')
  await mkdir(join(dir, 'bin'))
  await symlink(existsSync(`/bin/${shell}`) ? `/bin/${shell}` : '/bin/sh', join(dir, 'bin', 'sh'))
  await chmod(dir, 0o755)
  const env = { ...process.env, HOME: dir, PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}` }

  function run(words: readonly string[], stdin: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const [program, ...argv] = words
      const child = spawn(program ?? '', argv, { env, cwd: dir })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      child.on('error', reject)
      child.on('close', (exitCode) => resolve({ verdict: readVerdict(nonce, stdout), stderr, exitCode }))
      child.stdin.on('error', () => undefined)
      child.stdin.end(stdin)
    })
  }

  return {
    dir,
    stateDir,
    change(mark, argv, { marker, waitS = 30, limitS = 20, stdin = '', around = (line: string) => ['sh', '-c', line] } = {}) {
      return run(around(fencedCommand({ stateDir, mark, marker, argv, waitS, limitS, nonce })), stdin)
    },
    takeOver: async (clusterId) => (await run(['sh', '-c', takeoverCommand({ stateDir, clusterId, waitS: 30, nonce })], '')).verdict,
    fence: () => (existsSync(join(stateDir, 'fence')) ? readFence(readFileSync(join(stateDir, 'fence'), 'utf8')).fence : null),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
