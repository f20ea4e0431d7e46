import { expect, test } from 'vitest'
import type { Status } from '../../domain/status.ts'
import { figureNames } from '../../domain/telemetry/figures.ts'
import { restartProgress } from '../../views/dialogs/fleet/restart.ts'
import { waysReport } from '../../views/dialogs/fleet/looks.ts'
import { figure, size } from '../../views/fleet/figure.ts'
import { fleetRegions } from '../../views/fleet/regions.ts'
import { sparkline } from '../../views/fleet/sparkline.ts'
import { point, someEndpoints, someTelemetry } from './catalog-fixtures.ts'
import { ago, holding, host, now, service, status } from './fixtures.ts'
import { tag, text } from './reading.ts'

const shown = (more: Partial<Status> = {}) =>
  fleetRegions({ status: status(more), telemetry: { known: true, value: someTelemetry() }, endpoints: { known: true, value: someEndpoints() } })

test('a figure has its unit, and what a host does not tell is never a 0', () => {
  expect(figure('gpu_power_w', 41.27)).toBe('41.3 W')
  expect(figure('mem_available_bytes', 40 * 2 ** 30)).toBe('40.0 GiB')
  expect(figure('net_rx_bytes_per_s', 123_456)).toBe('121 KiB/s')
  expect(figure('generation_tokens_per_s', 65)).toBe('65.0 tokens/s')
  expect(figure('ttft_s', 0.84)).toBe('0.8 s')
  expect(figure('uptime_s', 200_000)).toBe('2 d 7 h')
  expect(figure('psi_memory_some_percent', 0.42)).toBe('0.4 %')
  for (const name of figureNames) expect(figure(name, null)).toBe('not available')
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [2 ** 40 * 3, '3.0 TiB'],
])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words)
})

test('all figures of a host are shown, those that it does not tell too', () => {
  const cards = shown({ hosts: [host('spark-1', { telemetry: point(1, { gpu_power_w: 11.4, uptime_s: 7200 }) })] })['hosts']!
  expect(text(cards)).toContain('GPU power 11.4 W')
  expect(text(cards)).toContain('GPU clock not available')
  expect(text(cards)).toContain('KV cache not available')
})

test('a host of which nothing is known has one line in place of figures', () => {
  const nothing = fleetRegions({
    status: status({ hosts: [host('spark-2')] }),
    telemetry: { known: true, value: { ...someTelemetry(), hosts: [] } },
    endpoints: { known: true, value: someEndpoints() },
  })
  expect(text(nothing['hosts']!)).toContain('Its figures are not available.')
})

test('a curve says its range to those who do not see it, and leaves gaps where nothing was measured', () => {
  const cards = shown({ hosts: [host('spark-1')] })['hosts']!.toString()
  expect(cards).toContain('aria-label="Memory available, the last hour: 40.0 GiB to 110 GiB"')
  const drawn = sparkline({ values: [1, 2, null, null, 3, 4], label: 'x' }).toString()
  expect(drawn.match(/<polyline/g)).toHaveLength(2)
  expect(sparkline({ values: [null, 1], label: 'x' }).toString()).toBe('')
})

test('an engine that seems wedged is said with the time since when', () => {
  const wedged = host('spark-1', { deployment: holding('gpt-oss-120b', { wedged_since: ago(300) }) })
  expect(text(shown({ hosts: [wedged] })['hosts']!)).toContain('seems wedged since 2026-11-24 04:55:00 UTC')
})

test('a service can be restarted where its container is known; where not, its button says why', () => {
  const list = shown({ services: [service(), service({ name: 'speech', restartable: false })] })['services']!
  expect(tag(list, 'restart-vectors')).not.toContain('disabled')
  expect(tag(list, 'restart-speech')).toMatch(/disabled.*Its container is not known/s)
})

test('a restart that is under way asks again by itself, one that has ended does not', () => {
  const restart = { restart_id: 'r'.repeat(32), service: 's', host: 'spark-1', container: 'c', detail: null, started_at: now, ended_at: null }
  expect(restartProgress({ ...restart, state: 'running' }).toString()).toContain('hx-trigger="every 1s"')
  expect(restartProgress({ ...restart, state: 'failed', ended_at: now }).toString()).not.toContain('every 1s')
})

test('base URLs can be copied, with the name that is asked for; what is off and what could not be read is said', () => {
  const list = shown()['endpoints']!
  expect(list.toString()).toMatch(/readonly\s+value="http:\/\/127.0.0.1:8801\/v1"/)
  expect(text(list)).toContain('asked for as current')
  expect(text(list)).toMatch(/Switched off, and never asked: old \( ?http:\/\/127.0.0.1:6334/)
  expect(text(list)).toContain('An entry was passed over: services-overrides.yaml:4:3')
})

test('the way to a host says which hop broke', () => {
  const hops = [
    { hop: 'dns' as const, state: 'ok' as const, detail: '10.0.0.2', cause: null },
    { hop: 'tcp' as const, state: 'broken' as const, detail: 'refused', cause: null },
  ]
  const report = waysReport({ ok: false, tried_at: now, hosts: [{ host: 'spark-2', address: '10.0.0.2', ok: false, broke: 'tcp', hops }] })
  expect(text(report)).toContain('spark-2 10.0.0.2, broken at tcp ok dns 10.0.0.2 broken tcp refused')
})
