import { defaultPayloadConverter, type WorkflowExecutionDescription } from '@temporalio/client'
import type { z } from 'zod'

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]

/** The last heartbeat of a running activity, where it has this shape; null where there is none. Reading it needs no worker. */
export function heartbeatOf<S extends z.ZodType>(description: WorkflowExecutionDescription, schema: S): z.output<S> | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const beat = schema.safeParse(lastDetail(activity))
    if (beat.success) return beat.data
  }
  return null
}

function lastDetail({ heartbeatDetails }: PendingActivity): unknown {
  const payload = heartbeatDetails?.payloads?.[0]
  return payload == null ? undefined : defaultPayloadConverter.fromPayload(payload)
}
