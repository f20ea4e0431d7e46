import type { TestProject } from 'vitest/node'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'
import { TemporalServer } from './temporal-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of the lane's shared Temporal server; tests that kill a server start one of their own (temporal-server.ts). */
    temporalAddress: string
    /** A file to hand to `Worker.create({ workflowBundle: { codePath } })`. */
    workflowBundlePath: string
  }
}

const silent = { log: noWords, trace: noWords, debug: noWords, info: noWords, warn: noWords, error: noWords }
function noWords(): void {
  // The bundler tells how large its output is; a test run has no use for it.
}

/** Vitest's globalSetup of every lane with a real server: one server and one workflow bundle a run. The server goes when the run ends. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  project.provide('workflowBundlePath', await workflowBundle(silent))
  const server = await TemporalServer.start()
  project.provide('temporalAddress', server.address)
  return () => server.stop()
}
