import { expect, test } from 'vitest'
import { nothingHeld } from '../../../domain/guardian/held.ts'
import { MonitorBeat } from '../../../domain/monitor-beat.ts'
import { modelEndpoints } from '../../../domain/services/endpoints.ts'
import type { ServiceLook } from '../../../domain/services/look.ts'
import { serviceStatus } from '../../../domain/services/service-status.ts'
import type { Service } from '../../../domain/services/service.ts'
import { holding, host } from '../../views/fixtures.ts'

const now = Date.parse('2026-11-24T21:00:00.000Z')
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString()
const service: Service = {
  ...{ name: 'vectors', kind: 'qdrant', host: 'spark-1', address: '10.0.0.1', port: 6333, path: null, scheme: 'http' },
  ...{ container: null, sshUser: null, apiKeyFile: 'top-secret.key', description: null },
}
const look = (more: Partial<ServiceLook> = {}): ServiceLook => ({
  ...{ name: 'vectors', state: 'up', since: ago(600), detail: null, looked_at: ago(3), serves: null },
  ...more,
})

test('a service is shown as the last look held it, and nothing of its key', () => {
  const shown = serviceStatus(service, [look({ name: 'other', state: 'down' }), look()], now)
  expect(shown).toMatchObject({ state: 'up', since: ago(600), base_url: 'http://10.0.0.1:6333', restartable: false })
  expect(JSON.stringify(shown)).not.toContain('secret')
  expect(serviceStatus({ ...service, container: 'qdrant' }, [look()], now).restartable).toBe(true)
})

test('what nobody looks at any more is unknown; one that is down is looked at less often', () => {
  expect(serviceStatus(service, [], now)).toMatchObject({ state: 'unknown', since: null })
  expect(serviceStatus(service, [look({ looked_at: ago(21) })], now).state).toBe('unknown')
  expect(serviceStatus(service, [look({ state: 'down', looked_at: ago(65) })], now).state).toBe('down')
  expect(serviceStatus(service, [look({ state: 'down', looked_at: ago(91) })], now).state).toBe('unknown')
})

test('a model on two hosts is one endpoint, at its head', () => {
  const deployment = holding('big', { hosts: ['spark-1', 'spark-2'] })
  const endpoints = modelEndpoints([host('spark-1', { deployment }), host('spark-2', { deployment })])
  expect(endpoints).toMatchObject([{ name: 'big', hosts: ['spark-1', 'spark-2'], base_url: `${deployment.base_url}/v1`, state: 'up' }])
})

test('a model that is not healthy is down, one whose host nobody sees is unknown', () => {
  const deployment = holding('big', { healthy: false })
  expect(modelEndpoints([host('spark-1', { deployment })])[0]?.state).toBe('down')
  expect(modelEndpoints([host('spark-1', { deployment, reachable: null, looked_at: null })])[0]?.state).toBe('unknown')
})

test('the heartbeat of an earlier version, which knew hosts alone, is still read', () => {
  expect(MonitorBeat.parse([])).toEqual({ hosts: [], services: [], guard: nothingHeld })
  expect(MonitorBeat.parse({ hosts: [], services: [look()] }).services).toEqual([look()])
})
