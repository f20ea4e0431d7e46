import { expect, test } from 'vitest'
import { carriable, outboxOf } from '../../../domain/arbitration/outbox.ts'
import { acquire, Bench, command, deployment, hash, swap } from './commands.ts'

const hosts = Array.from({ length: 16 }, (_, n) => `spark-${n}`)
const hostOf = (n: number): string[] => [hosts[n % 16] ?? '']
const long = 'ä'.repeat(5_000)
const by = { name: long, address: long }
const big = (name: string) => deployment('qwen', [name], { snapshot: { name: 'x'.repeat(7_900) } as never })
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
const token = (n: number) => ({ tokenHash: hash(`t${n % 16}`), holder: long, reason: long, schedule: long, by })

/** Every host busy, every list full, every text at its longest, and nobody writes the events down. */
function atItsLargest(): Bench {
  const bench = Bench.ready(hosts, hosts.map(big))
  const ask: Bench['ask'] = (...commands) => bench.ask(...commands.map((one) => ({ ...one, notAfter: bench.now + 10_000_000 })))
  for (let n = 0; n < 120; n++) {
    bench.ask(swap(`swap-learnt-${n}`, hostOf(0), { model: `model-${n}-${'m'.repeat(50)}` }))
    for (const phase of ['preflight', 'stop', 'launch', 'warm', 'validate'] as const) {
      bench.now += 123_456
      bench.take({ kind: 'swap_phase', swapId: `swap-learnt-${n}`, phase, expectedEndAt: null })
    }
    bench.take({
      kind: 'swap_ended',
      end: { swapId: `swap-learnt-${n}`, outcome: 'completed', left: { 'spark-0': 'target' }, deployments: [big('spark-0')] },
    })
  }
  for (let n = 0; n < 150; n++)
    ask(acquire(`forced ${n}`, { hosts: hostOf(n), tokenHash: hash(`f${n}`) }), command('force_release', { reason: long, hosts: null, by }))
  for (let n = 0; n < 250; n++) ask(acquire('x', { tokenHash: hash(`r${n}`) }), command('release', { tokenHash: hash(`r${n}`), by }))
  for (const n of hosts.keys()) ask(acquire(`holder ${n} ${long}`, { hosts: hostOf(n), purpose: long, tokenHash: hash(`t${n}`), by }))
  for (let n = 0; n < 250; n++)
    ask(acquire(long, { ticket: `${n}`.padEnd(36, '-'), hosts: n % 2 === 0 ? null : hostOf(n), tokenHash: hash(`w${n}`) }))
  for (const n of hosts.keys()) ask(swap(`swap-active-${n}`, hostOf(n), token(n)))
  for (let n = 0; n < 500; n++) {
    const id = `swap-waits-${String(n).padStart(4, '0')}`
    ask(swap(id, hostOf(n), { ...token(n), onBusy: 'queue' }))
    if (n % 2 === 0) ask(command('withdraw', { swapId: id, reason: long, by }))
  }
  const { swapId: last = '' } = bench.state.queue.at(-1) ?? {}
  const n = Number(last.slice(-4))
  for (let more = 0; more < 250; more++)
    ask(swap(`swap-joins-${'j'.repeat(20)}-${more}`, hostOf(n), { ...token(n), identity: last, onBusy: 'queue' }))
  for (const { swapId } of [...bench.state.active, ...bench.state.queue]) bench.take({ kind: 'swap_started', swapId }) // A7
  const entries = Array.from({ length: 400 }, (_, n) => ({
    id: `noted-${n}`.padEnd(40, '-'),
    type: 'webhook_updated' as const,
    data: { text: 'ä'.repeat(50) },
  }))
  ask(command('note', { entries }))
  return bench
}

test('with every host busy, every list full and every text at its longest, what is carried stays below 512 kB', () => {
  const { state } = atItsLargest()
  expect(state.active).toHaveLength(16)
  expect(state.queue).toHaveLength(64)
  expect(state.reservations).toHaveLength(16)
  expect(state.line).toHaveLength(100)
  expect(state.joins).toHaveLength(200)
  expect(bytes(carriable(state))).toBeLessThan(512 * 1024)
})

test('what is carried is all of it but for lock events that nobody could write down, and those are counted', () => {
  const { state } = atItsLargest()
  const after = carriable(state)
  expect({ ...after, outbox: null }).toEqual({ ...state, outbox: null })
  const kept = outboxOf(after).map((entry) => entry.seq)
  const dropped = outboxOf(state).filter((entry) => !kept.includes(entry.seq))
  expect((after.outbox?.lost ?? 0) - (state.outbox?.lost ?? 0)).toBe(dropped.length)
  expect(dropped.length).toBeGreaterThan(0)
})
