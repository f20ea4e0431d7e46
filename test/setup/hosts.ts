import type { TestProject } from 'vitest/node'
import { missingParts } from '../hosts/ready.ts'
import type { HostsFacts } from '../hosts/real-hosts.ts'
import { stageModels } from '../hosts/stage-models.ts'
import { upHosts } from '../hosts/up-hosts.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the two real hosts; `new RealHosts(inject('realHosts'))` is the handle to them. */
    realHosts: HostsFacts
  }
}

/** Vitest's globalSetup of the hosts lane: two hosts with the stage's models on them, up for the whole run. Fails, never skips, where they can't be. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const missing = await missingParts()
  if (missing.length > 0) throw new Error(`The hosts lane cannot run here. Missing:\n  ${missing.join('\n  ')}`)
  const hosts = await upHosts()
  try {
    for (const { name } of hosts.facts.hosts) for (const model of stageModels) await hosts.addModel(name, model)
  } catch (trouble) {
    await hosts.down()
    throw trouble
  }
  project.provide('realHosts', hosts.facts)
  return () => hosts.down()
}
