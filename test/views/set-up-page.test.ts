import { expect, test } from 'vitest'
import { propose } from '../../domain/discovery/propose.ts'
import type { DiscoveryView, SetupProposal } from '../../domain/discovery/view.ts'
import { addHostDialog, lookEnded, lookProgress } from '../../views/setup/look.ts'
import { proposalDialog, savedDialog } from '../../views/setup/proposal.ts'
import { setupRegions } from '../../views/setup/regions.ts'
import { discovered } from '../domain/discovery/sample.ts'
import { page } from './fixtures.ts'
import { tag, text } from './reading.ts'

const hostile = '"><script>alert(1)</script>'
const look: DiscoveryView = {
  discovery_id: '0b8f2f0e-5a5f',
  address: '192.168.1.11',
  port: 2222,
  user: 'me',
  state: 'running',
  step: 'look',
  message: null,
  advice: null,
  host_key: null,
  login: null,
  found: null,
  started_at: '2026-09-20T12:00:00.000Z',
  ended_at: null,
}
const proposal: SetupProposal = {
  discoveries: ['0b8f2f0e-5a5f'],
  ...propose([discovered()], { cluster: null, models: [], overridden: [], services: [] }),
  peers: [{ address: '192.168.1.12', user: 'spark', hostname: 'spark-2', because: 'CLUSTER_NODES' }],
  based_on: 'abc',
  config_dir: '/data/config',
  then: 'The demo ends by itself.',
}

test('the page tells the steps, opens with one button, and names the terminal and the curl line', () => {
  const { status } = page()
  const { setup = '' } = setupRegions({ ...status, demo: true }, 'http://spark.lan:9999')
  expect(text(setup)).toContain('two simulated Sparks')
  expect(tag(setup, 'add-host')).toContain('aria-haspopup="dialog"')
  expect(text(setup)).toMatch(/npm run setup.*curl.*api\/hosts\/discover/)
  const without = { ...status, parts: { ...status.parts, worker: { ok: false, detail: 'none' } } }
  expect(tag(setupRegions(without, '').setup ?? '', 'add-host')).toContain('disabled')
})

test('while it looks it says at what, and asks again', () => {
  expect(text(lookProgress(look, []))).toContain('me@192.168.1.11 port 2222: looking what is there')
  expect(lookProgress(look, ['earlier-look']).toString()).toContain('with=earlier-look')
})

test('a host key is confirmed by its fingerprint; another one than the pinned is a warning', () => {
  const host_key = { type: 'ssh-ed25519', fingerprint: 'SHA256:shown', pinned: ['SHA256:pinned'], compare_with: 'ssh-keygen -lf x' }
  const shown = lookEnded({ ...look, state: 'confirm_host_key', message: 'ANOTHER KEY', host_key }, []).toString()
  expect(shown).toContain('name="fingerprint" value="SHA256:shown"')
  expect(text(shown)).toMatch(/SHA256:pinned.*ssh-keygen -lf x/)
  expect(shown).toContain('data-tone="bad"')
})

test('a refused login shows file, line and command, and tries the same host again', () => {
  const login = { file: '~me/.ssh/authorized_keys', line: 'ssh-ed25519 AAAA', command: 'ssh-copy-id -f' }
  const shown = lookEnded({ ...look, state: 'login_refused', message: 'no', login }, ['earlier-look']).toString()
  expect(text(shown)).toMatch(/authorized_keys.*ssh-ed25519 AAAA.*ssh-copy-id -f/)
  for (const field of ['name="port" value="2222"', 'name="user" value="me"', 'name="with" value="earlier-look"']) expect(shown).toContain(field)
})

test('every entry can be ticked, says where it came from, and the second Spark is offered', () => {
  const shown = proposalDialog(proposal).toString()
  for (const { id, ticked, because } of proposal.entries.filter((entry) => entry.id !== 'cluster_id')) {
    expect(shown).toMatch(new RegExp(`value="${id}"\\s*${ticked ? 'checked' : '/?>'}`))
    expect(text(shown)).toContain(because)
  }
  expect(shown).toContain('name="cluster_id" value="home"')
  expect(text(shown)).toContain('It knows spark-2 at 192.168.1.12')
})

test('what is saved tells each file and each host that is not ready', () => {
  const written = [{ file: 'cluster.yaml' as const, path: '/data/config/cluster.yaml', replaced: ['host:left'] }]
  const shown = text(savedDialog({ written, hosts: [{ name: 'left', ready: false, message: 'npm run trust' }], then: 'read again' }))
  expect(shown).toMatch(/read again.*left npm run trust.*cluster\.yaml.*host:left/)
})

test('names of a machine are text, whatever they are', () => {
  const entry = { ...proposal.entries[1]!, title: hostile, because: hostile, note: hostile, sources: { [hostile]: hostile } }
  const bad = { ...look, address: hostile, message: hostile, advice: hostile }
  const all = [
    proposalDialog({
      ...proposal,
      entries: [entry],
      remarks: [hostile],
      config_dir: hostile,
      then: hostile,
      peers: [{ address: hostile, user: hostile, hostname: hostile, because: hostile }],
    }),
    lookEnded({ ...bad, state: 'unreachable' }, [hostile]),
    lookEnded({ ...bad, state: 'login_refused', login: { file: hostile, line: hostile, command: hostile } }, []),
    addHostDialog({ address: hostile, user: hostile }, [hostile]),
    savedDialog({ written: [], hosts: [{ name: hostile, ready: true, message: hostile }], then: hostile }),
  ]
  for (const markup of all) expect(markup.toString()).not.toContain('<script>alert')
})
