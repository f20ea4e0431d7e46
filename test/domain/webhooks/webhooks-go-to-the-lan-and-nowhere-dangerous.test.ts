import { describe, expect, test } from 'vitest'
import { judgeAddress, type AddressRules } from '../../../domain/webhooks/address-policy.ts'
import { parseIp } from '../../../domain/webhooks/ip.ts'
import { judgeUrl, readUrl } from '../../../domain/webhooks/url-policy.ts'

const strict: AddressRules = { allowLoopback: false, ownPorts: [9999, 7233, 8233], ownAddresses: ['192.168.1.5', 'fd00::5'] }
const loopbackToo: AddressRules = { ...strict, allowLoopback: true }
const verdict = (url: string, rules = strict): string => {
  const read = readUrl(url)
  if (!read.ok) return `form: ${read.message}`
  const judged = judgeUrl(read.url, rules)
  return judged.allowed ? 'allowed' : judged.why
}

test.each([
  'http://192.168.1.20/hook',
  'http://10.1.2.3:8123/api/webhook/x',
  'http://172.16.0.9/',
  'http://100.64.0.1/',
  'http://100.127.255.254/',
  'http://[fd12:3456::1]/',
  'https://93.184.216.34/',
  'https://[2606:2800:220:1::1]/',
  'http://[::ffff:192.168.1.20]/',
  'http://198.18.0.7/',
  'https://example.org/hook?x=1',
  'http://homeassistant.local:8123/',
  'http://192.168.1.5:8123/',
])('%s is a place for a receiver', (url) => {
  expect(verdict(url)).toBe('allowed')
})

test.each([
  ['http://127.0.0.1/', 'loopback'],
  ['http://127.255.255.254/', 'loopback'],
  ['http://0x7f000001/', 'loopback'],
  ['http://2130706433/', 'loopback'],
  ['http://017700000001/', 'loopback'],
  ['http://127.1/', 'loopback'],
  ['http://0x7f.1/', 'loopback'],
  ['http://①②⑦.0.0.1/', 'loopback'],
  ['http://127。0。0。1/', 'loopback'],
  ['http://localhost/', 'loopback'],
  ['http://LOCALHOST.:80/', 'loopback'],
  ['http://app.localhost/', 'loopback'],
  ['http://[::1]/', 'loopback'],
  ['http://[0:0:0:0:0:0:0:1]/', 'loopback'],
  ['http://[::ffff:127.0.0.1]/', 'loopback'],
  ['http://[::ffff:7f00:1]/', 'loopback'],
  ['http://[::127.0.0.1]/', 'loopback'],
  ['http://0.0.0.0/', 'unspecified'],
  ['http://0/', 'unspecified'],
  ['http://[::]/', 'unspecified'],
  ['http://[::ffff:0.0.0.0]/', 'unspecified'],
  ['http://169.254.169.254/latest/meta-data/', 'metadata service'],
  ['http://[::ffff:169.254.169.254]/', 'metadata service'],
  ['http://[::ffff:a9fe:a9fe]/', 'metadata service'],
  ['http://[fd00:ec2::254]/', 'metadata service'],
  ['http://100.100.100.200/', 'metadata service'],
  ['http://169.254.1.1/', 'link-local'],
  ['http://[fe80::1]/', 'link-local'],
  ['http://[febf::1]/', 'link-local'],
  ['http://224.0.0.1/', 'multicast'],
  ['http://239.255.255.250:1900/', 'multicast'],
  ['http://[ff02::1]/', 'multicast'],
  ['http://255.255.255.255/', 'broadcast'],
  ['http://240.0.0.1/', 'reserved'],
  ['http://[64:ff9b::127.0.0.1]/', 'IPv4 behind NAT64'],
  ['http://[64:ff9b::c0a8:114]/', 'IPv4 behind NAT64'],
  ['http://[64:ff9b:1::1]/', 'IPv4 behind NAT64'],
  ['http://[2002:7f00:1::]/', 'IPv4 behind 6to4'],
  ['http://[2001:0:53aa:64c::1]/', 'IPv4 behind Teredo'],
  ['http://[fec0::1]/', 'reserved'],
  ['http://[100::1]/', 'reserved'],
  ['http://[4000::1]/', 'reserved'],
])('%s is denied: %s', (url, why) => {
  expect(verdict(url)).toBe(why)
})

describe('the parts of this program are never called', () => {
  test.each([
    'http://127.0.0.1:9999/api/swap',
    'http://[::1]:7233/',
    'http://[::ffff:127.0.0.1]:8233/',
    'http://localhost:9999/',
    'http://192.168.1.5:9999/',
    'http://[::ffff:192.168.1.5]:7233/',
    'http://[fd00::5]:8233/',
  ])('%s, even where loopback is allowed', (url) => {
    expect(verdict(url, loopbackToo)).toBe('a port of Spark Control itself')
  })

  test('the same ports on other machines are theirs', () => {
    expect(verdict('http://192.168.1.6:9999/')).toBe('allowed')
  })
})

test('allowing loopback allows loopback, and nothing else', () => {
  expect(verdict('http://127.0.0.1:8080/', loopbackToo)).toBe('allowed')
  expect(verdict('http://[::1]:8080/', loopbackToo)).toBe('allowed')
  expect(verdict('http://localhost:8080/', loopbackToo)).toBe('allowed')
  expect(verdict('http://0.0.0.0:8080/', loopbackToo)).toBe('unspecified')
  expect(verdict('http://169.254.169.254/', loopbackToo)).toBe('metadata service')
  expect(verdict('http://[64:ff9b::127.0.0.1]/', loopbackToo)).toBe('IPv4 behind NAT64')
})

test.each(['', 'nonsense', '1.2.3', '1.2.3.256', '01.2.3.4', '1:2', '1::2::3', ':::', '12345::', '1.2.3.4::', '::1.2.3', '::g'])(
  '%j is no address, and what is none is denied',
  (text) => {
    expect(parseIp(text)).toBeNull()
    expect(judgeAddress(text, 80, loopbackToo)).toEqual({ allowed: false, why: 'not an IP address' })
  },
)

test('an address with a zone is judged without it', () => {
  expect(judgeAddress('fe80::1%eth0', 80, strict)).toEqual({ allowed: false, why: 'link-local' })
})

test.each([
  ['nuc.local:8080/hook', /starts with http/],
  ['localhost:8080', /starts with http/],
  ['//nuc.local/', /starts with http/],
  ['ftp://nuc.local/', /starts with http/],
  ['file:///etc/passwd', /starts with http/],
  ['javascript:alert(1)', /starts with http/],
  ['http://', /not a URL/],
  ['http:///hook', /not a URL/],
  ['http://[::1/', /not a URL/],
  ['http://999.1.1.1/', /not a URL/],
  ['http://nuc:70000/', /not a URL/],
  ['http://nuc:0/', /port/],
  ['http://ada:pw@nuc.local/', /user name/],
  ['http://ada@nuc.local/', /user name/],
  ['http://nuc.local/#part', /#/],
  ['http://nuc.local/a b', /spaces/],
  ['http://nuc.local/\r\nX: y', /spaces|control/],
  ['http:\\\\nuc.local/', /starts with http/],
  ['http://nuc.local\\@evil/', /backslash/],
])('%j is no URL for a webhook', (url, message) => {
  const read = readUrl(url)
  expect(read.ok ? 'ok' : read.message).toMatch(message)
})
