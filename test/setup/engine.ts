import type { TestProject } from 'vitest/node'
import { makeModels, engineCatalog } from '../engine/engine-models.ts'
import { enginesFolder, pythonPackages, vllmForCpu } from '../engine/python-packages.ts'
import { missingParts } from '../hosts/ready.ts'
import type { HostsFacts } from '../hosts/real-hosts.ts'
import { upHosts } from '../hosts/up-hosts.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    engineHosts: HostsFacts
    /** models.yaml of the lane. With `vllm-tiny` in it, real vLLM was asked for. */
    engineCatalog: Record<string, object>
  }
}

/** Set by `npm run test:engine -- --vllm`. */
const wantsVllm = process.env['SPARK_ENGINE_VLLM'] === '1'

/** Vitest's globalSetup of the engine lane: real engines and models in the user's cache, and two hosts that see them. Fails, never skips. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const missing = await missingParts()
  if (missing.length > 0) throw new Error(`The engine lane cannot run here. Missing:\n  ${missing.join('\n  ')}`)
  const llama = await pythonPackages('llama', ['xllamacpp', 'gguf'], 600)
  const vllm = wantsVllm ? await vllmForCpu() : null
  await makeModels({ llama, vllm })
  const hosts = await upHosts(enginesFolder())
  project.provide('engineHosts', hosts.facts)
  project.provide('engineCatalog', engineCatalog(llama, vllm))
  return () => hosts.down()
}
