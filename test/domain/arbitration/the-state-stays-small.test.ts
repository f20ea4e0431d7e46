import { expect, test } from 'vitest'
import { acquire, Bench, command, deployment, hash, start, swap } from './commands.ts'

const hosts = Array.from({ length: 16 }, (_, n) => `spark-${n}`)
const long = 'ä'.repeat(5_000)
const big = (name: string) => deployment('qwen', [name], { snapshot: { name: 'x'.repeat(7_900) } as never })

test('with every host busy, every list full and every text at its longest, what is carried stays below 512 kB', () => {
  const bench = Bench.ready(hosts, hosts.map(big))
  for (const [n, host] of hosts.entries()) bench.ask(acquire(`holder ${n} ${long}`, { hosts: [host], purpose: long, tokenHash: hash(`t${n}`) }))
  const token = (n: number) => ({ tokenHash: hash(`t${n % 16}`), holder: long, reason: long, schedule: long })
  for (const [n, host] of hosts.entries()) bench.ask(swap(`swap-active-${n}`, [host], token(n)))
  for (let n = 0; n < 500; n++) {
    const id = `swap-waits-${String(n).padStart(4, '0')}`
    bench.ask({ ...swap(id, [hosts[n % 16] ?? ''], { ...token(n), onBusy: 'queue' }), notAfter: start + 10_000_000 })
    if (n % 2 === 0) bench.ask(command('withdraw', { swapId: id, reason: long }))
  }
  for (let n = 0; n < 500; n++)
    bench.ask(command('release', { tokenHash: hash(`t${n}`) }), acquire(`again ${n}`, { hosts: [hosts[n % 16] ?? ''], tokenHash: hash(`t${n + 1}`) }))
  expect(bench.active).toHaveLength(16)
  expect(bench.queue).toHaveLength(64)
  expect(Buffer.byteLength(JSON.stringify(bench.state))).toBeLessThan(512 * 1024)
})
