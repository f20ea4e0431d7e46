import type { AuditEvent, OutboxEntry } from '../../domain/events.ts'

/** A line of the trail, as plain as one can be. */
export const auditEventAt = (seq: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  seq,
  id: `evt_${String(seq)}`,
  type: 'lock_released',
  timestamp: new Date(1_772_000_000_000 + seq * 1_000).toISOString(),
  actor: { name: 'anna', address: '192.168.1.20' },
  hosts: ['spark-1'],
  swap_id: null,
  schedule: null,
  fence: null,
  reason: null,
  result: null,
  before: null,
  after: null,
  data: null,
  ...more,
})

export const outboxEntry = (more: Partial<OutboxEntry> = {}): OutboxEntry => ({
  id: 'evt_1',
  type: 'lock_released',
  seq: 1,
  at: 1_772_000_000_000,
  ...more,
})
