import type { ConnectivityReport } from '../../domain/connectivity.ts'
import { causeOf } from '../../domain/errors.ts'
import type { DeepReport } from '../../domain/services/deep-report.ts'
import type { Endpoints } from '../../domain/services/endpoints.ts'
import type { ServiceRestart } from '../../domain/services/restart.ts'
import { problemExample } from '../route.ts'

export const endpoints: Endpoints = {
  models: [
    {
      name: 'qwen3-30b',
      kind: 'vllm',
      hosts: ['spark-1'],
      base_url: 'http://192.168.1.11:8888/v1',
      alias: 'Qwen/Qwen3-30B-A3B',
      state: 'up',
      since: '2026-11-24T22:04:11.020Z',
    },
  ],
  stable_alias: 'current',
  services: [
    {
      name: 'qdrant',
      kind: 'qdrant',
      description: 'Documents of the team',
      host: 'spark-1',
      base_url: 'http://192.168.1.11:6333',
      state: 'up_needs_key',
      since: '2026-11-20T06:00:02.000Z',
      detail: '/collections answered 401',
      alias: null,
      restartable: true,
    },
  ],
  disabled: [{ name: 'voice', kind: 'kokoro', base_url: 'http://192.168.1.12:8880' }],
  problems: [],
}

export const deepAnswers: DeepReport = {
  ok: false,
  asked_at: '2026-11-24T22:10:00.000Z',
  checks: [
    {
      ...{ name: 'qwen3-30b', what: 'model', kind: 'vllm', host: 'spark-1', asked: 'completion' },
      ...{ ok: true, took_s: 0.412, detail: 'Qwen/Qwen3-30B-A3B gave 16 tokens' },
    },
    {
      ...{ name: 'embeddings', what: 'service', kind: 'tei', host: 'spark-2', asked: 'embedding' },
      ...{ ok: false, took_s: 0.003, detail: 'nothing listens on its port' },
    },
  ],
}

export const brokenWay: ConnectivityReport = {
  ok: false,
  tried_at: '2026-11-24T22:10:00.000Z',
  hosts: [
    {
      host: 'spark-1',
      address: '192.168.1.11',
      ok: false,
      broke: 'ssh',
      hops: [
        { hop: 'dns', state: 'ok', detail: '192.168.1.11 is an address', cause: null },
        { hop: 'tcp', state: 'ok', detail: 'port 22 is open', cause: null },
        { hop: 'ssh', state: 'broken', detail: 'spark-1 refuses our key', cause: causeOf('ssh_refused', 'spark-1 refuses our key') },
        { hop: 'docker', state: 'skipped', detail: 'not tried: an earlier hop broke', cause: null },
        { hop: 'port', state: 'ok', detail: 'port 8888 is open', cause: null },
      ],
    },
  ],
}

export const restarting: ServiceRestart = {
  restart_id: '5f0c1f6e-8a86-4a3b-9f57-7d1f3a2b4c5d',
  service: 'qdrant',
  host: 'spark-1',
  container: 'qdrant',
  state: 'running',
  detail: null,
  started_at: '2026-11-24T22:00:01.377Z',
  ended_at: null,
}

export const unknownService = problemExample('unknown_service', 'No service is called "qdrnt"', { near: ['qdrant'] })
