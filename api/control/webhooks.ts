import type { ConfigSource } from '../../config/load.ts'
import { Problem } from '../../domain/problem.ts'
import type { WebhookControl } from '../deps.ts'
import type { TemporalLink } from '../temporal/link.ts'
import type { ClusterLink } from './cluster-link.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly link: TemporalLink
  readonly config: ConfigSource
}

export function createWebhooks(_parts: Parts): WebhookControl {
  const missing = () => Promise.reject(new Problem('not_found'))
  return { list: missing, create: missing, update: missing, remove: missing, test: missing, deliveries: missing, redeliver: missing }
}
