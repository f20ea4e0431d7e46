import { expect, test } from 'vitest'
import { hostKeyAlgorithms, knownName, pinnedKeys, readKnownHosts, withPinnedKey } from '../../domain/host-key.ts'

const ed = { type: 'ssh-ed25519', base64: 'AAAAC3NzaC1lZDI1NTE5AAAAIA==' }
const rsa = { type: 'ssh-rsa', base64: 'AAAAB3NzaC1yc2E=' }
const line = (name: string, key = ed): string => `${name} ${key.type} ${key.base64}`

test('a host is known by its plain name on port 22, else by [name]:port', () => {
  expect(knownName('spark-1.LAN', 22)).toBe('spark-1.lan')
  expect(knownName('127.0.0.1', 2201)).toBe('[127.0.0.1]:2201')
  expect(knownName('fe80::1', 2201)).toBe('[fe80::1]:2201')
})

test('the same address on another port is another host', () => {
  const known = readKnownHosts(`${line('[10.0.0.1]:2201')}\n${line('10.0.0.1', rsa)}\n`)
  expect(pinnedKeys(known, '[10.0.0.1]:2201').pinned).toEqual([ed])
  expect(pinnedKeys(known, '10.0.0.1').pinned).toEqual([rsa])
  expect(pinnedKeys(known, '[10.0.0.1]:2202').pinned).toEqual([])
})

test('a line may name several hosts, and a host may have several keys', () => {
  const known = readKnownHosts(`# ours\n\n${line('spark-1,10.0.0.1')} a comment\n${line('spark-1', rsa)}`)
  expect(pinnedKeys(known, 'spark-1').pinned).toEqual([ed, rsa])
  expect(known.unread).toEqual([])
})

test.each([
  ['|1|c2FsdA==|aGFzaA== ssh-ed25519 AAAA', 'hashed'],
  ['*.lan ssh-ed25519 AAAA', 'pattern'],
  ['!spark-1 ssh-ed25519 AAAA', 'pattern'],
  ['@cert-authority spark-1 ssh-ed25519 AAAA', 'not supported'],
  ['spark-1 ssh-ed25519', 'not `name type key`'],
  ['spark-1 ssh-ed25519 no-base64!', 'not base64'],
])('the line %s trusts nobody, and says why', (row, reason) => {
  const known = readKnownHosts(`\n${row}\n`)
  expect(known.lines).toEqual([])
  expect(known.unread).toEqual([{ line: 2, reason: expect.stringContaining(reason) as string }])
})

test('a revoked key is told apart from the pinned ones', () => {
  const known = readKnownHosts(`${line('spark-1')}\n@revoked ${line('spark-1', rsa)}`)
  expect(pinnedKeys(known, 'spark-1')).toEqual({ pinned: [ed], revoked: [rsa] })
})

test('pinning a key replaces what that host had and leaves all others as they were', () => {
  const before = `# ours\n${line('spark-1,spark-2')}\n${line('spark-1', rsa)}\n@revoked ${line('spark-1', rsa)}\n|1|a|b ssh-ed25519 AAAA\n`
  const fresh = { type: 'ssh-ed25519', base64: 'TkVX' }
  expect(withPinnedKey(before, 'spark-1', fresh)).toBe(
    `# ours\n${line('spark-2')}\n@revoked ${line('spark-1', rsa)}\n|1|a|b ssh-ed25519 AAAA\n${line('spark-1', fresh)}\n`,
  )
  expect(withPinnedKey('', 'spark-1', fresh)).toBe(`${line('spark-1', fresh)}\n`)
})

test('a host with several keys is asked for the pinned one', () => {
  expect(hostKeyAlgorithms([rsa]).slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
  expect(hostKeyAlgorithms([])[0]).toBe('ssh-ed25519')
  expect(new Set(hostKeyAlgorithms([rsa]))).toEqual(new Set(hostKeyAlgorithms([])))
})
