import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { ConfigSource } from '../config/load.ts'
import type { Places } from '../config/places.ts'
import type { Batcher } from '../domain/group-commit.ts'
import type { Registry } from '../domain/scheduling/registry-line.ts'
import type { Hosts } from './hosts.ts'

/** What the activities are given by the worker. All of it stays the worker's: it closes what it opened. */
export interface ActivityDeps {
  readonly hosts: Hosts
  readonly config: ConfigSource
  readonly client: Client
  readonly taskQueue: string
  readonly log: Logger
  readonly places: Places
  /** Fires when the worker begins to shut down: what watches without end leaves at once, for another worker to take over. */
  readonly ending: AbortSignal
}

export interface DepsWithArbiter extends ActivityDeps {
  readonly arbiter: Batcher
}

export interface DepsWithSchedules extends DepsWithArbiter {
  readonly schedules: Registry
}
