import { createArbiterClient } from './arbiter.ts'
import type { ActivityDeps } from './deps.ts'
import { createDiscoveryActivities } from './discovery/index.ts'
import { createGuardianActivities } from './guardian/index.ts'
import { createLaunchActivities } from './launch.ts'
import { createManagedActivities } from './managed/index.ts'
import { createMonitorActivities } from './monitor.ts'
import { createNotifyActivities } from './notify.ts'
import { createOutboxActivities } from './outbox/drain-outbox.ts'
import { createPreflightActivities } from './preflight.ts'
import { createProofActivities } from './proof.ts'
import { createScheduleActivities } from './schedules/keep-time.ts'
import { noteScheduleRun } from './schedules/note-run.ts'
import { createRegistry } from './schedules/registry.ts'
import { createServiceChecks } from './services/index.ts'
import { createSnapshotActivities } from './snapshot.ts'
import { createStorageActivities } from './storage/index.ts'
import { createStopActivities } from './stop.ts'
import { createSurveyActivities } from './survey.ts'
import { createTurnActivities } from './turn.ts'
import { createWatchActivities } from './watch.ts'
import { announce } from './webhooks/announce.ts'
import { createWebhookActivities } from './webhooks/index.ts'

export type { ActivityDeps } from './deps.ts'
export type Activities = ReturnType<typeof createActivities>

/** Every effect on the world that a workflow may ask for. Throws when there is no cluster to work on. */
export function createActivities(given: ActivityDeps) {
  const { cluster } = given.config.read()
  if (cluster === null) throw new Error('activities need a cluster: cluster.yaml cannot be read')
  // One batcher a process (ARBITER.md A2), shared by all that asks the arbiter.
  const arbiter = createArbiterClient({ client: given.client, clusterId: cluster.clusterId, taskQueue: given.taskQueue })
  const schedules = createRegistry(given.client, cluster.clusterId)
  const deps = { ...given, arbiter, schedules }
  return {
    ...createSnapshotActivities(deps),
    ...createPreflightActivities(deps),
    ...createStopActivities(deps),
    ...createLaunchActivities(deps),
    ...createProofActivities(deps),
    ...createTurnActivities(deps),
    ...createNotifyActivities(deps),
    ...createWatchActivities(deps),
    ...createSurveyActivities(deps),
    ...createMonitorActivities(deps),
    ...createManagedActivities(deps),
    ...createGuardianActivities(deps),
    ...createServiceChecks(deps),
    ...createStorageActivities(deps),
    ...createDiscoveryActivities(deps),
    ...createScheduleActivities(deps),
    ...createWebhookActivities(deps),
    ...createOutboxActivities(deps, { announce: (event) => announce(deps, event), noteRun: (run) => noteScheduleRun(deps, run) }),
  }
}
