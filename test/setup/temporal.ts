import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import type { TestProject } from 'vitest/node'
import { TemporalServer } from './temporal-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of the lane's shared Temporal server; tests that kill a server start one of their own (temporal-server.ts). */
    temporalAddress: string
    /** A file to hand to `Worker.create({ workflowBundle: { codePath } })`. */
    workflowBundlePath: string
  }
}

const workflows = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url))
const silent = { log: noWords, trace: noWords, debug: noWords, info: noWords, warn: noWords, error: noWords }
function noWords(): void {
  // The bundler tells how large its output is; a test run has no use for it.
}

/** Vitest's globalSetup of every lane with a real server: one server and one workflow bundle a run; both go when the run ends. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'spark-bundle-'))
  const server = await TemporalServer.start()
  const tearDown = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    project.provide('temporalAddress', server.address)
    project.provide('workflowBundlePath', await bundle(folder))
  } catch (error) {
    await tearDown()
    throw error
  }
  return tearDown
}

async function bundle(folder: string): Promise<string> {
  const path = join(folder, 'workflow-bundle.js')
  if (!existsSync(workflows)) return path
  const { code } = await bundleWorkflowCode({ workflowsPath: workflows, logger: silent })
  await writeFile(path, code)
  return path
}
