import type { HostFacts } from './host-facts.ts'
import type { Cause } from './errors.ts'
import { rfc3339, type ClusterId, type HostName, type Millis } from './names.ts'
import type { HostLook } from './status.ts'

/** What the model port answered. */
export interface EngineLook {
  readonly healthy: boolean
  readonly serving: { readonly id: string; readonly root: string | null } | null
}

/** One look of the monitor, in the words of status: SSH and HTTP fail each on its own, and each is told as it was seen. `at` is the monitor's clock. */
export const hostLook = (host: HostName, clusterId: ClusterId, facts: HostFacts | Cause, engine: EngineLook, at: Millis): HostLook => ({
  host,
  looked_at: rfc3339(at),
  ...('code' in facts ? { ...unseen, cause: facts } : seen(facts, clusterId)),
  serving: engine.serving === null ? null : { model_id: engine.serving.id, root: engine.serving.root },
  healthy: engine.healthy,
  telemetry: null,
  wedged_since: null,
})

type FromHost = Omit<HostLook, 'host' | 'looked_at' | 'serving' | 'healthy' | 'telemetry' | 'wedged_since'>

const unseen: FromHost = { reachable: false, cause: null, boot_id: null, mem_total_bytes: null, mem_available_bytes: null, gpu: null, containers: [] }

const seen = (facts: HostFacts, clusterId: ClusterId): FromHost => ({
  reachable: true,
  cause: null,
  boot_id: facts.bootId,
  mem_total_bytes: facts.memTotalBytes,
  mem_available_bytes: facts.memAvailableBytes,
  gpu:
    facts.gpu === null
      ? null
      : {
          name: facts.gpu.name,
          utilization_percent: facts.gpu.utilizationPercent,
          temperature_c: facts.gpu.temperatureC,
          power_w: facts.gpu.powerW,
        },
  containers: facts.containers.map(({ name, running, mark }) => ({ name, running, swap_id: mark?.cluster === clusterId ? mark.swap : null })),
})
