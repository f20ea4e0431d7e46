import type { WebhookEvent } from '../events.ts'

const most_bytes = 20_000

/** What is sent: the same bytes at each attempt. Data that would be too much for receivers is left out but for its short facts, and says so. */
export function bodyOf({ id, type, timestamp, data }: WebhookEvent): string {
  const whole = JSON.stringify({ id, type, timestamp, data })
  if (new TextEncoder().encode(whole).length < most_bytes) return whole
  const short = Object.entries(data)
    .filter(
      ([, value]) => value === null || typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 200),
    )
    .slice(0, 40)
  return JSON.stringify({ id, type, timestamp, data: { ...Object.fromEntries(short), truncated: true } })
}
