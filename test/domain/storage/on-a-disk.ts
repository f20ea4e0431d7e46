import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Argv } from '../../../domain/names.ts'

/** A folder of this machine that stands for a host's disk, gone when the test ends. Paths that begin with `-> ` are links. */
export function diskWith(files: Readonly<Record<string, string>>): { readonly dir: string; readonly run: (argv: Argv) => string } {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'spark-disk-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    const at = join(dir, path)
    mkdirSync(dirname(at), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3).replace('{dir}', dir), at)
    else writeFileSync(at, content)
  }
  return {
    dir,
    run: ([program = '', ...words]) =>
      execFileSync(program, words, { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: join(dir, 'home') } }),
  }
}
