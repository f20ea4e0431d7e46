import type { ConfigSource } from '../../config/load.ts'
import { Problem } from '../../domain/problem.ts'
import { downloadsFor, startedDownload, type DownloadsStarted } from '../../domain/storage/download.ts'
import { actorOf, nameless } from '../caller.ts'
import type { DownloadControl } from '../deps.ts'
import { note } from './audit-note.ts'
import { hostsOf, modelOf, ready } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'

/** Downloads of weights. They pass no gate: they change nothing that a running model or another swap relies on. */
export function createDownloads(links: () => ClusterLink, config: ConfigSource): DownloadControl {
  return {
    async start(key, body, caller) {
      const state = ready(config)
      const model = modelOf(state, key)
      if (model.repo === null) throw new Problem('local_model', `${key} lies in ${model.local_path ?? ''} and is on no hub`)
      const { repo } = model
      hostsOf(state.cluster, [...(body.hosts ?? []), ...(body.copy_to ?? [])])
      const { arbiter, downloads, clusterId } = links()
      await arbiter.view() // says at once when no worker would do it
      const by = actorOf(caller)
      const { download_s: limitS, download_stall_s: stallS } = state.settings
      const started: DownloadsStarted['downloads'] = []
      for (const { host, copyTo } of downloadsFor(model.placement, body)) {
        const record = startedDownload({ model: key, repo, host, holder: caller.name ?? nameless }, copyTo, Date.now())
        const { joined, download } = await downloads.start({ clusterId, record, weightsGib: model.weights_gib, limitS, stallS })
        started.push({ ...download, joined })
        if (joined) continue
        const after = { model: key, repo, copy_to: copyTo }
        void note(arbiter, { type: 'download_started', by, hosts: [host, ...copyTo], result: 'begun', after })
      }
      return { downloads: started }
    },
    list: async () => ({ downloads: await links().downloads.list() }),
    read: async (id) => await links().downloads.read(id),
    cancel: async (id) => await links().downloads.cancel(id),
  }
}
