import type { HostStatus } from '../../domain/status.ts'
import { figureRows, type FigureName } from '../../domain/telemetry/figures.ts'
import type { TelemetryPoint } from '../../domain/telemetry/telemetry.ts'
import { html, type Html } from '../html.ts'
import { figure } from './figure.ts'
import { sparkline } from './sparkline.ts'

interface FigureWords {
  readonly name: FigureName
  readonly label: string
  /** Drawn, too. */
  readonly drawn?: boolean
}

/** What is shown of a host: what people look at first, each with its curve, then all else in words. */
const groups: readonly { title: string; figures: readonly FigureWords[] }[] = [
  {
    title: 'Host',
    figures: [
      { name: 'mem_available_bytes', label: 'Memory available', drawn: true },
      { name: 'gpu_utilization_percent', label: 'GPU', drawn: true },
      { name: 'gpu_power_w', label: 'GPU power', drawn: true },
      { name: 'gpu_temperature_c', label: 'GPU temperature', drawn: true },
      { name: 'psi_memory_some_percent', label: 'Memory pressure', drawn: true },
      { name: 'psi_io_some_percent', label: 'Disk pressure', drawn: true },
      { name: 'psi_cpu_some_percent', label: 'CPU pressure' },
      { name: 'psi_memory_full_percent', label: 'All wait for memory' },
      { name: 'swap_used_bytes', label: 'Swap used' },
      { name: 'gpu_sm_clock_mhz', label: 'GPU clock' },
      { name: 'disk_free_bytes', label: 'Disk free' },
      { name: 'disk_read_bytes_per_s', label: 'Disk reads' },
      { name: 'disk_write_bytes_per_s', label: 'Disk writes' },
      { name: 'net_rx_bytes_per_s', label: 'Network in' },
      { name: 'net_tx_bytes_per_s', label: 'Network out' },
      { name: 'load_1', label: 'Load, 1 min' },
      { name: 'uptime_s', label: 'Up since a reboot for' },
    ],
  },
  {
    title: 'Model',
    figures: [
      { name: 'generation_tokens_per_s', label: 'Tokens out', drawn: true },
      { name: 'prompt_tokens_per_s', label: 'Tokens in', drawn: true },
      { name: 'requests_running', label: 'Requests running', drawn: true },
      { name: 'requests_waiting', label: 'Requests waiting' },
      { name: 'kv_cache_percent', label: 'KV cache' },
      { name: 'ttft_s', label: 'Time to first token' },
      { name: 'preemptions_per_s', label: 'Preemptions' },
    ],
  },
]

/** Percentages are drawn against 100, memory and disks against all that there is. */
const topOf = (name: FigureName, host: HostStatus): number | undefined =>
  figureRows[name].unit === '%' ? 100 : name === 'mem_available_bytes' ? (host.mem_total_bytes ?? undefined) : undefined

/** The figures of one host. `history`: the points of the last hour, oldest first. */
export function hostFigures(host: HostStatus, history: readonly TelemetryPoint[]): Html {
  const { telemetry } = host
  if (telemetry === null && history.length === 0) return html`<p class="muted">Its figures are not available.</p>`
  return html`${groups.map(({ title, figures }) => {
    const silent = figures.every(({ name }) => (telemetry?.[name] ?? null) === null && history.every((point) => point[name] === null))
    if (silent)
      return html`<h4>${title}</h4>
        <p class="muted">not available</p>`
    return html`<h4>${title}</h4>
      <dl class="figures">
        ${figures.map(({ name, label, drawn = false }) => {
          const value = telemetry?.[name] ?? null
          return html`<div title="${figureRows[name].about}">
            <dt>${label}</dt>
            <dd>
              ${value === null ? html`<span class="muted">${figure(name, null)}</span>` : figure(name, value)}
              ${drawn && curve(name, label, host, history)}
            </dd>
          </div>`
        })}
      </dl>`
  })}`
}

function curve(name: FigureName, label: string, host: HostStatus, history: readonly TelemetryPoint[]): Html {
  const values = history.map((point) => point[name])
  const known = values.filter((value) => value !== null)
  const range = known.length === 0 ? '' : `: ${figure(name, Math.min(...known))} to ${figure(name, Math.max(...known))}`
  return sparkline({ values, label: `${label}, the last hour${range}`, top: topOf(name, host) })
}
