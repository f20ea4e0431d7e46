import { z } from 'zod'

type Unit = 'bytes' | 'bytes/s' | '%' | 'W' | '°C' | 'MHz' | 's' | 'tokens/s' | 'requests' | '/s' | 'load'

interface FigureRow {
  readonly unit: Unit
  readonly about: string
}

/** Everything that is measured of a host and of the model on it. Null stands for what it does not tell (`[N/A]`), never for zero. */
export const figureRows = {
  mem_total_bytes: { unit: 'bytes', about: 'Memory that CPU and GPU share' },
  mem_available_bytes: { unit: 'bytes', about: 'What could be had of it without swapping' },
  swap_total_bytes: { unit: 'bytes', about: 'Swap space' },
  swap_used_bytes: { unit: 'bytes', about: 'Swap space in use' },
  psi_cpu_some_percent: { unit: '%', about: 'Pressure: share of the last 10 s in which some task waited for a CPU' },
  psi_memory_some_percent: { unit: '%', about: 'Pressure: some task waited for memory' },
  psi_memory_full_percent: { unit: '%', about: 'Pressure: every task waited for memory' },
  psi_io_some_percent: { unit: '%', about: 'Pressure: some task waited for a disk' },
  psi_io_full_percent: { unit: '%', about: 'Pressure: every task waited for a disk' },
  gpu_utilization_percent: { unit: '%', about: 'Share of the time in which the GPU computed' },
  gpu_power_w: { unit: 'W', about: 'Power that the GPU draws' },
  gpu_temperature_c: { unit: '°C', about: 'Temperature of the GPU' },
  gpu_sm_clock_mhz: { unit: 'MHz', about: 'Clock of its processors' },
  disk_total_bytes: { unit: 'bytes', about: 'The file system that holds the weights' },
  disk_free_bytes: { unit: 'bytes', about: 'Free on it' },
  disk_read_bytes_per_s: { unit: 'bytes/s', about: 'Read from all disks' },
  disk_write_bytes_per_s: { unit: 'bytes/s', about: 'Written to all disks' },
  net_rx_bytes_per_s: { unit: 'bytes/s', about: 'Received on all network interfaces but the loopback' },
  net_tx_bytes_per_s: { unit: 'bytes/s', about: 'Sent on them' },
  load_1: { unit: 'load', about: 'Load average of the last minute' },
  uptime_s: { unit: 's', about: 'Since the host was started' },
  requests_running: { unit: 'requests', about: 'Requests that the model works on' },
  requests_waiting: { unit: 'requests', about: 'Requests that wait for it' },
  prompt_tokens_per_s: { unit: 'tokens/s', about: 'Tokens in' },
  generation_tokens_per_s: { unit: 'tokens/s', about: 'Tokens out' },
  kv_cache_percent: { unit: '%', about: 'KV cache in use' },
  ttft_s: { unit: 's', about: 'Mean time to the first token of the requests since the look before; null when there was none' },
  preemptions_per_s: { unit: '/s', about: 'Requests that were put off because the KV cache was full' },
} as const satisfies Record<string, FigureRow>

export type FigureName = keyof typeof figureRows
export const figureNames = Object.keys(figureRows) as readonly FigureName[] // keys of the table above

const figures = Object.fromEntries(
  Object.entries(figureRows).map(([name, { unit, about }]) => [
    name,
    z
      .number()
      .nullable()
      .meta({ description: `${about} (${unit})` }),
  ]),
) as Record<FigureName, z.ZodNullable<z.ZodNumber>> // one for each row of the table

export const Figures = z.object(figures)
export type Figures = { readonly [K in FigureName]: number | null }

export const noFigures = Object.fromEntries(figureNames.map((name) => [name, null])) as Figures // one for each row of the table
