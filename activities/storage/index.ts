import type { Noted } from '../../domain/events.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { askGate } from '../managed/gate.ts'
import { createDeletionActivities } from './delete.ts'
import { createDownloadActivities } from './download.ts'
import { createStorageLooks } from './looks.ts'

/** Disks of the hosts: what lies there, downloads, copies, deletions. */
export const createStorageActivities = (deps: DepsWithArbiter) => ({
  ...createStorageLooks(deps),
  ...createDownloadActivities(deps),
  ...createDeletionActivities(deps),

  /** Puts how it ended into the arbiter's outbox. One id is noted once. */
  async noteStorage(entry: Noted): Promise<void> {
    await askGate(deps, { type: 'note', entries: [entry] })
  },
})
