import { z } from 'zod'
import { HostName, Rfc3339 } from '../names.ts'
import type { HostStatus } from '../status.ts'
import { ServiceState } from './look.ts'
import { originOf, ServiceName, type Service } from './service.ts'
import { ServiceStatus } from './service-status.ts'

const ModelEndpoint = z.object({
  name: z.string(),
  kind: z.literal('vllm'),
  hosts: z.array(HostName),
  base_url: z.string().meta({ description: "What clients are given, in OpenAI's way" }),
  alias: z.string().nullable().meta({ description: 'The name that it is asked for by' }),
  state: ServiceState,
  since: Rfc3339.nullable().meta({ description: 'When it was validated' }),
})

export const Endpoints = z.object({
  models: z.array(ModelEndpoint).meta({ description: 'What the cluster serves now' }),
  stable_alias: z
    .string()
    .nullable()
    .meta({ description: 'The name that every model answers to that was started since `served_model_name_alias` was set: it survives a swap' }),
  services: z.array(ServiceStatus),
  disabled: z.array(z.object({ name: ServiceName, kind: z.string(), base_url: z.string() })).meta({ description: 'Never probed' }),
  problems: z.array(z.string()).meta({ description: 'Entries of the service files that were passed over, with file, line and column' }),
})
export type Endpoints = z.infer<typeof Endpoints>

/** The deployments as clients reach them, each once, at its head. */
export const modelEndpoints = (hosts: readonly HostStatus[]): Endpoints['models'] =>
  hosts.flatMap(({ name, reachable, looked_at, deployment }) => {
    if (deployment === null || deployment.hosts[0] !== name) return []
    const unseen = looked_at === null || reachable === null
    return {
      name: deployment.model ?? deployment.served_id ?? 'unknown',
      kind: 'vllm' as const,
      hosts: deployment.hosts,
      base_url: `${deployment.base_url}/v1`,
      alias: deployment.served_id,
      state: deployment.healthy ? ('up' as const) : unseen ? ('unknown' as const) : ('down' as const),
      since: deployment.validated_at,
    }
  })

export const disabledEndpoint = (service: Service): Endpoints['disabled'][number] => ({
  name: service.name,
  kind: service.kind,
  base_url: originOf(service),
})
