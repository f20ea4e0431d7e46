import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const Work = z.object({
  callers: z.int().min(1),
  rounds: z.int().min(0),
  loop: z.object({ operations: z.int(), limit_s: z.number() }).nullable(),
})

/** What the load process is to do: over HTTP, or by the arbiter's Update. */
export const LoadJob = z.discriminatedUnion('via', [
  Work.extend({ via: z.literal('http'), ports: z.array(z.int()).min(1).readonly() }),
  Work.extend({ via: z.literal('decide'), temporalAddress: z.string(), clusterId: z.string() }),
])
export type LoadJob = z.infer<typeof LoadJob>

const ContentionSummary = z.object({
  operations: z.number(),
  perSecond: z.number(),
  p50_ms: z.number(),
  p99_ms: z.number(),
  max_ms: z.number(),
  grants: z.number(),
  wrongRounds: z.number(),
  failures: z.number(),
  firstFailure: z.string().nullable(),
})
export type ContentionSummary = z.infer<typeof ContentionSummary>

const LoadResult = z.object({ rounds: ContentionSummary.nullable(), loop: ContentionSummary.nullable(), loopCpu_s: z.number() })
export type LoadResult = z.infer<typeof LoadResult>

const least_ms = 600_000

/** Runs a job in a process of its own, so that measuring does not slow what is measured more than it must. Throws when that process fails. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.resolve('./lock-load.ts')), JSON.stringify(job)], {
    timeout: Math.max(least_ms, (job.loop?.limit_s ?? 0) * 1000 + 60_000),
    killSignal: 'SIGKILL',
  })
  return LoadResult.parse(JSON.parse(stdout))
}
