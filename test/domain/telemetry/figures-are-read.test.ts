import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCounters } from '../../../domain/host-facts/counters.ts'
import { readFacts } from '../../../domain/host-facts.ts'
import { readEngineMetrics } from '../../../domain/telemetry/engine-metrics.ts'
import { figureNames, noFigures } from '../../../domain/telemetry/figures.ts'
import { figuresOf, type Reading } from '../../../domain/telemetry/measure.ts'

const proc = `
/proc/pressure/cpu:some avg10=1.25 avg60=0.40 avg300=0.10 total=123456
/proc/pressure/cpu:full avg10=0.00 avg60=0.00 avg300=0.00 total=0
/proc/pressure/memory:some avg10=12.50 avg60=3.00 avg300=1.00 total=99
/proc/pressure/memory:full avg10=7.00 avg60=3.00 avg300=1.00 total=99
/proc/pressure/io:some avg10=0.00 avg60=0.00 avg300=0.00 total=5
/proc/pressure/io:full avg10=0.00 avg60=0.00 avg300=0.00 total=5
/proc/loadavg:0.52 0.58 0.59 1/1234 5678
/proc/uptime:3600.50 60000.10
/proc/net/dev:Inter-|   Receive                                                |  Transmit
/proc/net/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
/proc/net/dev:    lo: 900000   100    0    0    0     0          0         0   900000   100    0    0    0     0       0          0
/proc/net/dev:enP7s7: 1000   10    0    0    0     0          0         0   2000   20    0    0    0     0       0          0
/proc/net/dev:enp1s0f0np0:500 5 0 0 0 0 0 0 700 7 0 0 0 0 0 0
/proc/net/dev:docker0: 77 1 0 0 0 0 0 0 88 1 0 0 0 0 0 0
/proc/diskstats: 259       0 nvme0n1 100 0 2000 50 200 0 4000 60 0 70 110 0 0 0 0 0 0
/proc/diskstats: 259       1 nvme0n1p1 100 0 2000 50 200 0 4000 60 0 70 110 0 0 0 0 0 0
/proc/diskstats:   7       0 loop0 9 0 99 9 0 0 0 0 0 9 9 0 0 0 0 0 0
`
const meminfo = 'MemTotal:       127600748 kB\nMemAvailable:   118500000 kB\nSwapTotal:       16777212 kB\nSwapFree:        16000000 kB'

const vllm = (more: Record<string, number | string> = {}): string =>
  Object.entries({
    num_requests_running: 2,
    num_requests_waiting: 1,
    prompt_tokens_total: 1000,
    generation_tokens_total: 400,
    kv_cache_usage_perc: 0.25,
    num_preemptions_total: 3,
    time_to_first_token_seconds_sum: 4,
    time_to_first_token_seconds_count: 8,
    ...more,
  })
    .map(([name, value]) => `# TYPE vllm:${name} gauge\nvllm:${name}{engine="0",model_name="a } b"} ${String(value)}`)
    .join('\n')

const reading = (atS: number, uptime: string, engine: string): Reading => {
  const text = proc.replace('3600.50', uptime)
  const gpu = { name: 'NVIDIA GB10', utilizationPercent: 3, temperatureC: 41, powerW: null, smClockMhz: 208 }
  return {
    facts: { bootId: 'b', memTotalBytes: 10, memAvailableBytes: 5, gpu },
    counters: readCounters(text, meminfo, '1B-blocks Avail\n4000000000000 1500000000000'),
    engine: readEngineMetrics(engine),
    atS,
  }
}

test('counters of a host are read: whole disks and real interfaces alone', () => {
  expect(readCounters(proc, meminfo, '    1B-blocks         Avail\n4000000000000 1500000000000')).toEqual({
    uptimeS: 3600.5,
    load1: 0.52,
    swapTotalBytes: 16_777_212 * 1024,
    swapFreeBytes: 16_000_000 * 1024,
    pressure: { cpuSome: 1.25, memorySome: 12.5, memoryFull: 7, ioSome: 0, ioFull: 0 },
    netRxBytes: 1500,
    netTxBytes: 2700,
    diskReadBytes: 2000 * 512,
    diskWriteBytes: 4000 * 512,
    diskTotalBytes: 4_000_000_000_000,
    diskFreeBytes: 1_500_000_000_000,
  })
})

test('a kernel without pressure figures, and files that are not there, leave nulls and never zeroes', () => {
  const { pressure, ...rest } = readCounters('grep: /proc/pressure/cpu: No such file or directory', '', '')
  expect([...Object.values(pressure), ...Object.values(rest)].every((value) => value === null)).toBe(true)
})

test('a look that was not asked for counters has none', () => {
  expect(readFacts('\n#spark boot\nb\n\n#spark = 0\n\n#spark end\n')).not.toHaveProperty('counters')
  expect(readFacts(`\n#spark figures\n${proc}\n\n#spark = 2\n\n#spark end\n`)?.counters?.load1).toBe(0.52)
})

test('an engine tells by its new names and by its old ones, and both at once count once', () => {
  const old = vllm().replaceAll('kv_cache_usage_perc', 'gpu_cache_usage_perc').replaceAll('num_preemptions_total', 'num_preemptions')
  const read = {
    ...{ running: 2, waiting: 1, promptTokens: 1000, generationTokens: 400, kvCacheUsage: 0.25 },
    ...{ ttftSumS: 4, ttftCount: 8, preemptions: 3 },
  }
  expect(readEngineMetrics(vllm())).toEqual(read)
  expect(readEngineMetrics(old)).toEqual(read)
  expect(readEngineMetrics(`${vllm()}\n${old}`)).toMatchObject({ kvCacheUsage: 0.25, preemptions: 3 })
})

test('engines of one server are added up; a page without figures of vLLM is none', () => {
  expect(readEngineMetrics(`vllm:num_requests_running{engine="0"} 2.0\nvllm:num_requests_running{engine="1"} 3.0`)).toMatchObject({
    running: 5,
    waiting: null,
  })
  expect(readEngineMetrics('# HELP python_gc\npython_gc 3\n')).toBeNull()
  expect(readEngineMetrics('vllm:num_requests_running NaN')).toBeNull()
})

test('rates come from the difference to the reading before, by the host’s own uptime', () => {
  const before = reading(100, '3600.00', vllm())
  const now = reading(
    106,
    '3605.00',
    vllm({ prompt_tokens_total: 1600, generation_tokens_total: 430, time_to_first_token_seconds_sum: 5, time_to_first_token_seconds_count: 10 }),
  )
  const counters = { ...now.counters!, netRxBytes: 6500, diskReadBytes: 2000 * 512 + 50 }
  expect(figuresOf(before, { ...now, counters })).toMatchObject({
    net_rx_bytes_per_s: 1000,
    disk_read_bytes_per_s: 10,
    prompt_tokens_per_s: 100,
    generation_tokens_per_s: 5,
    ttft_s: 0.5,
    kv_cache_percent: 25,
    requests_running: 2,
    gpu_power_w: null,
    gpu_sm_clock_mhz: 208,
    uptime_s: 3605,
  })
})

test('no rate spans a restart of the host or of the engine, or the first reading', () => {
  const first = figuresOf(null, reading(100, '3600.00', vllm()))
  expect(first).toMatchObject({ net_rx_bytes_per_s: null, prompt_tokens_per_s: null, ttft_s: null, requests_running: 2 })
  const booted = reading(106, '20.00', vllm({ prompt_tokens_total: 5 }))
  const after = figuresOf(reading(100, '3600.00', vllm()), { ...booted, facts: { ...booted.facts!, bootId: 'c' } })
  expect(after).toMatchObject({ net_rx_bytes_per_s: null, disk_read_bytes_per_s: null, prompt_tokens_per_s: null, load_1: 0.52 })
})

test('a host that was not seen has no figures', () => {
  expect(figuresOf(null, { facts: null, counters: null, engine: null, atS: 1 })).toEqual(noFigures)
})

test('whatever a host or an engine prints, each figure is a number that is not negative, or null', () => {
  const noise = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(fc.constantFrom(...proc.split('\n'), ...vllm().split('\n')), fc.string()), { maxLength: 30 }).map((lines) => lines.join('\n')),
  )
  fc.assert(
    fc.property(noise, noise, noise, noise, (a, b, memory, disk) => {
      const readingOf = (text: string, atS: number): Reading => ({
        facts: null,
        counters: readCounters(text, memory, disk),
        engine: readEngineMetrics(text),
        atS,
      })
      const figures = figuresOf(readingOf(a, 1), readingOf(b, 2))
      for (const name of figureNames) expect(figures[name] === null || (Number.isFinite(figures[name]) && figures[name] >= 0)).toBe(true)
    }),
  )
})
