import type { ConfigSource } from '../config/load.ts'
import { Problem } from '../domain/problem.ts'
import { clusterLinks } from './control/cluster-link.ts'
import { modelOf, ready } from './control/catalog.ts'
import { createDiscovery } from './control/discovery.ts'
import { createStorage } from './control/disk.ts'
import { createDownloads } from './control/downloads.ts'
import { createEvents } from './control/events.ts'
import { createLocks } from './control/locks.ts'
import { createModels } from './control/models.ts'
import { createSchedules } from './control/schedules.ts'
import { createServices } from './control/services.ts'
import { createSettings } from './control/settings.ts'
import { StatusReader } from './control/status.ts'
import { SwapRequests } from './control/swap-request.ts'
import { createTelemetry } from './control/telemetry.ts'
import { createWebhooks } from './control/webhooks.ts'
import { actorOf } from './caller.ts'
import type { Caller, Control } from './deps.ts'
import { SwapLogs } from './swap-log.ts'
import { SwapWatch } from './swap-watch.ts'
import type { TemporalLink } from './temporal/link.ts'

/** Joins everything that REST routes and pages can read and do. `link` stays its owner's. */
export function createControl(link: TemporalLink, config: ConfigSource): Control {
  const links = clusterLinks(link, config)
  const statuses = new StatusReader(links, link, config)
  const requests = new SwapRequests(links, link, config)
  const logs = new SwapLogs(config.places.logsDir)
  const watch = new SwapWatch((id) => links().swaps.look(id), logs)
  const locks = createLocks(links, config)

  /** After a change the next reader sees it, whatever is cached. */
  const changing = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change
    } finally {
      statuses.forget()
    }
  }

  return {
    readStatus: () => statuses.read(),
    readLock: () => locks.readLock(),
    readModels: () => [...ready(config).models.values()],
    readModel: (key) => modelOf(ready(config), key),
    listSwaps: async (query) => await links().swaps.list(query),
    readSwap: async (id) => await links().swaps.see(id),
    readSwapLog: (id, of, place) => logs.page(id, of, place),
    listSwapLogs: (id) => logs.list(id),
    watchSwap: (id, lastEventId, signal) => watch.follow(id, lastEventId, signal),

    requestSwap: (body, caller, options) => changing(requests.requestSwap(body, caller, options)),
    checkModel: (key, hosts) => requests.checkModel(key, hosts),
    cancelSwap: (id, reason, caller) => changing(cancel(id, reason, caller)),
    acquireLock: (body, caller, wait) => changing(locks.acquireLock(body, caller, wait)),
    extendLock: (ttlS, token, caller) => changing(locks.extendLock(ttlS, token, caller)),
    releaseLock: (token, caller) => changing(locks.releaseLock(token, caller)),
    forceReleaseLock: (body, caller) => changing(locks.forceReleaseLock(body, caller)),

    events: createEvents(config),
    webhooks: createWebhooks({ links, link, config }),
    schedules: createSchedules({ links, config }),
    models: createModels(links, config),
    settings: createSettings(links, config),
    telemetry: createTelemetry(config),
    setup: createDiscovery(links, config),
    downloads: createDownloads(links, config),
    storage: createStorage(links, config),
    services: createServices({ links, config, readStatus: () => statuses.read() }),
  }

  async function cancel(id: string, reason: string, caller: Caller) {
    const { swaps, arbiter } = links()
    const { swap } = await swaps.look(id)
    if (swap.state === 'done') throw new Problem('swap_ended', `It ended as ${swap.outcome ?? 'unknown'}`, { outcome: swap.outcome })
    // The arbiter first: it writes down who asked, and a waiting one cannot get its turn between the two.
    await arbiter.ask({ type: 'withdraw', swapId: id, reason, by: actorOf(caller) })
    await swaps.cancel(id, reason)
    return (await swaps.look(id)).swap
  }
}
