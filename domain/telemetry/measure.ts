import type { HostCounters } from '../host-facts/counters.ts'
import type { HostFacts } from '../host-facts.ts'
import type { EngineCounters } from './engine-metrics.ts'
import type { Figures } from './figures.ts'

/** All that one look found for telemetry. Null: it was not seen. */
export interface Reading {
  readonly facts: Pick<HostFacts, 'bootId' | 'memTotalBytes' | 'memAvailableBytes' | 'gpu'> | null
  readonly counters: HostCounters | null
  readonly engine: EngineCounters | null
  /** The reader's own clock, in seconds, which never steps back. */
  readonly atS: number
}

/** The figures of a reading; what is a rate comes from the difference to the reading before. A host's own rates go by its own uptime, whatever its clock says. */
export function figuresOf(before: Reading | null, { facts, counters, engine, atS }: Reading): Figures {
  const sameBoot = before?.facts != null && facts !== null && before.facts.bootId === facts.bootId
  const was = sameBoot ? before.counters : null
  const hostS = difference(was?.uptimeS, counters?.uptimeS)
  const engineS = before === null ? null : atS - before.atS
  const old = before?.engine
  const gpu = facts?.gpu
  const { swapTotalBytes = null, swapFreeBytes = null, pressure } = counters ?? {}
  return {
    mem_total_bytes: facts?.memTotalBytes ?? null,
    mem_available_bytes: facts?.memAvailableBytes ?? null,
    swap_total_bytes: swapTotalBytes,
    swap_used_bytes: swapTotalBytes === null || swapFreeBytes === null ? null : Math.max(0, swapTotalBytes - swapFreeBytes),
    psi_cpu_some_percent: pressure?.cpuSome ?? null,
    psi_memory_some_percent: pressure?.memorySome ?? null,
    psi_memory_full_percent: pressure?.memoryFull ?? null,
    psi_io_some_percent: pressure?.ioSome ?? null,
    psi_io_full_percent: pressure?.ioFull ?? null,
    gpu_utilization_percent: gpu?.utilizationPercent ?? null,
    gpu_power_w: gpu?.powerW ?? null,
    gpu_temperature_c: gpu?.temperatureC ?? null,
    gpu_sm_clock_mhz: gpu?.smClockMhz ?? null,
    disk_total_bytes: counters?.diskTotalBytes ?? null,
    disk_free_bytes: counters?.diskFreeBytes ?? null,
    disk_read_bytes_per_s: rate(difference(was?.diskReadBytes, counters?.diskReadBytes), hostS),
    disk_write_bytes_per_s: rate(difference(was?.diskWriteBytes, counters?.diskWriteBytes), hostS),
    net_rx_bytes_per_s: rate(difference(was?.netRxBytes, counters?.netRxBytes), hostS),
    net_tx_bytes_per_s: rate(difference(was?.netTxBytes, counters?.netTxBytes), hostS),
    load_1: counters?.load1 ?? null,
    uptime_s: counters?.uptimeS ?? null,
    requests_running: engine?.running ?? null,
    requests_waiting: engine?.waiting ?? null,
    prompt_tokens_per_s: rate(difference(old?.promptTokens, engine?.promptTokens), engineS),
    generation_tokens_per_s: rate(difference(old?.generationTokens, engine?.generationTokens), engineS),
    kv_cache_percent: engine?.kvCacheUsage == null ? null : rounded(100 * engine.kvCacheUsage),
    ttft_s: rate(difference(old?.ttftSumS, engine?.ttftSumS), difference(old?.ttftCount, engine?.ttftCount)),
    preemptions_per_s: rate(difference(old?.preemptions, engine?.preemptions), engineS),
  }
}

/** How far a counter went. Null where one of the two is not known, or it began anew in between. */
const difference = (before: number | null | undefined, now: number | null | undefined): number | null =>
  before == null || now == null || now < before ? null : now - before

const rate = (amount: number | null, over: number | null): number | null =>
  amount === null || over === null || over <= 0 ? null : rounded(amount / over)

/** To a thousandth: nobody needs more, and a file of such figures stays small. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000
