import { z } from 'zod'

const line = { seq: z.number(), at_ms: z.number() }
const container = { container: z.string(), id: z.string(), image: z.string(), labels: z.record(z.string(), z.string()) }
const engine = { engine: z.string() }

/** A line of a host's own record (stand-ins/vllm/engine-recorder.ts writes it): what really ran there, in the order in which it happened. */
export const HostEvent = z.discriminatedUnion('event', [
  z.object({ ...line, event: z.literal('boot'), boot_id: z.string() }),
  z.object({ ...line, event: z.literal('power_off') }),
  z.object({ ...line, ...container, event: z.literal('container_run') }),
  z.object({ ...line, ...container, event: z.literal('container_exit'), code: z.number() }),
  z.object({ ...line, ...container, event: z.literal('container_removed') }),
  z.object({
    ...line,
    ...engine,
    event: z.literal('engine_start'),
    model: z.string(),
    port: z.number(),
    container_id: z.string().nullable(),
    env: z.record(z.string(), z.string()),
  }),
  z.object({ ...line, ...engine, event: z.literal('engine_healthy'), model: z.string(), port: z.number() }),
  z.object({ ...line, ...engine, event: z.literal('engine_refused_port'), port: z.number() }),
  z.object({ ...line, ...engine, event: z.literal('engine_exit'), code: z.number().nullable(), cause: z.string() }),
])
export type HostEvent = z.infer<typeof HostEvent>

/** The most engines that ran on the host at the same time. A power cut ends all of them without a word. */
export function mostEnginesAtOnce(events: readonly HostEvent[]): number {
  const running = new Set<string>()
  let most = 0
  for (const event of events) {
    if (event.event === 'engine_start') running.add(event.engine)
    if (event.event === 'engine_exit') running.delete(event.engine)
    if (event.event === 'boot' || event.event === 'power_off') running.clear()
    most = Math.max(most, running.size)
  }
  return most
}
