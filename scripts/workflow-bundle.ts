import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { bundleWorkflowCode, type Logger } from '@temporalio/worker'

const projectDir = resolve(import.meta.dirname, '..')

/**
 * The workflows as one bundle on disk, made anew only when their sources or the SDK changed: bundling takes 1–3 s, and every start of a worker
 * needs it. An image ships it prebuilt (`SPARK_WORKFLOW_BUNDLE`). Returns the file's path for `workflowBundle: { codePath }`.
 */
export async function workflowBundle(logger: Logger): Promise<string> {
  const prebuilt = process.env['SPARK_WORKFLOW_BUNDLE']
  if (prebuilt !== undefined && prebuilt !== '') return prebuilt
  const path = join(projectDir, 'node_modules', '.cache', 'spark-control', `workflows-${fingerprint()}.js`)
  if (!existsSync(path)) await buildWorkflowBundle(path, logger)
  return path
}

/** Bundles into `path`, atomically, so that two workers that start at once never read half a file. */
export async function buildWorkflowBundle(path: string, logger: Logger): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath: join(projectDir, 'workflows', 'index.ts'), logger })
  mkdirSync(join(path, '..'), { recursive: true })
  const half = `${path}.${String(process.pid)}`
  writeFileSync(half, code)
  renameSync(half, path)
}

function fingerprint(): string {
  const hash = createHash('sha256')
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string } // npm's own file has one
  hash.update(version)
  for (const file of globSync(['workflows/**/*.ts', 'domain/**/*.ts'], { cwd: projectDir }).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(projectDir, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
