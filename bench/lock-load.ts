import { Client, Connection } from '@temporalio/client'
import { contendInLoop, contendInRounds, type Contention } from './contention.ts'
import { LoadJob, type ContentionSummary, type LoadResult } from './load-job.ts'
import { arbiterOf, decideCaller, httpCaller, type LockCaller } from './lock-caller.ts'
import { median, percentile } from './percentile.ts'

/**
 * `node bench/lock-load.ts <job as JSON>`: callers who all want the lock, in a process of their own. Prints one JSON line (LoadResult).
 * Rounds come first, then the loop.
 */
const job = LoadJob.parse(JSON.parse(process.argv[2] ?? ''))
const holders = Array.from({ length: job.callers }, (_, i) => `bench-${i + 1}`)
const connection = job.via === 'decide' ? await Connection.connect({ address: job.temporalAddress }) : null
const callers = await callersOf()

await contendInRounds(callers, 5) // code is compiled, connections are made
const rounds = job.rounds === 0 ? null : summary(await contendInRounds(callers, job.rounds))
const cpuBefore = process.cpuUsage()
const loop = job.loop === null ? null : summary(await contendInLoop(callers, job.loop))
const cpu = process.cpuUsage(cpuBefore)

for (const caller of callers) caller.close()
await connection?.close()
const result: LoadResult = { rounds, loop, loopCpu_s: (cpu.user + cpu.system) / 1e6 }
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)

async function callersOf(): Promise<LockCaller[]> {
  if (job.via === 'http') {
    const { ports } = job
    return Promise.all(holders.map((holder, i) => httpCaller(ports[i % ports.length] ?? 0, holder)))
  }
  if (connection === null) return []
  const arbiter = arbiterOf(new Client({ connection }), job.clusterId)
  return holders.map((holder) => decideCaller(arbiter, holder))
}

function summary({ latencies_ms, grants, wrongRounds, failures, took_s }: Contention): ContentionSummary {
  return {
    operations: latencies_ms.length,
    perSecond: latencies_ms.length / took_s,
    p50_ms: median(latencies_ms),
    p99_ms: percentile(latencies_ms, 0.99),
    max_ms: latencies_ms.reduce((most, one) => Math.max(most, one), 0),
    grants,
    wrongRounds,
    failures: failures.length,
    firstFailure: failures[0] ?? null,
  }
}
