import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { AuditEvent } from '../../domain/events.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'

/** Every line of the audit trail as it lies on disk, oldest file first: also those that stand twice. Throws for a line that is no JSON. */
export function auditLines(dir: string): AuditEvent[] {
  const files = namesIn(dir).filter((name) => name.endsWith('.jsonl'))
  return files.sort().flatMap((name) => {
    const lines = readFileSync(join(dir, name), 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent) // written by what is tested
  })
}

/** The lines as soon as they are as wanted; the test's own limit bounds it. */
export async function auditUntil(dir: string, wanted: (lines: AuditEvent[]) => boolean): Promise<AuditEvent[]> {
  for (;;) {
    const lines = auditLines(dir)
    if (wanted(lines)) return lines
    await pause(50)
  }
}

/** The lines as soon as the arbiter has nothing more to tell. */
export async function auditWhenTold(dir: string, client: Client, clusterId: string): Promise<AuditEvent[]> {
  const arbiter = client.workflow.getHandle(arbiterWorkflowId(clusterId))
  for (;;) {
    const untold = await arbiter.query<readonly unknown[]>('outbox').catch(() => null) // no worker answers just now
    if (untold?.length === 0) return auditLines(dir)
    await pause(50)
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // nothing was written yet
  }
}
