import { expect, test } from 'vitest'
import type { Status } from '../../domain/status.ts'
import { busyOn, permit, permitAnywhere, placements, type ActionName, type Subject } from '../../views/actions.ts'
import { changedModel, ownModel, shippedModel } from './catalog-fixtures.ts'
import { delivery, external, managed, webhook } from './coordination-fixtures.ts'
import { heldBy, holding, host, model, page, reservation, status, swap } from './fixtures.ts'

const ok = { ok: true, detail: 'ok' }
const down = { ok: false, detail: 'no answer' }
const loaded = host('spark-1', { deployment: holding('m') })

const states: Record<string, Partial<Status>> = {
  'all is well': { hosts: [loaded] },
  'nothing is loaded': { hosts: [host('spark-1')] },
  'the lock is held': { hosts: [loaded], lock: heldBy(reservation()) },
  'the host is unreachable': { hosts: [host('spark-1', { reachable: false })] },
  'the host is in quarantine': { hosts: [host('spark-1', { arbiter: 'quarantined', reachable: false })] },
  'the host is being surveyed': { hosts: [host('spark-1', { arbiter: 'surveying' })] },
  'no worker runs': { hosts: [loaded], parts: { temporal: ok, worker: down, config: ok } },
  'Temporal is down': { hosts: [loaded], parts: { temporal: down, worker: down, config: ok } },
  'the configuration is broken': { hosts: [loaded], parts: { temporal: ok, worker: ok, config: down } },
}

const reasons = (state: keyof typeof states) =>
  Object.fromEntries(
    (['swap', 'swap_anyway', 'dry_run', 'unload', 'cancel', 'force_release'] as const).map((action) => {
      const verdict = permit(action, status(states[state]), ['spark-1'])
      return [action, verdict.allowed ? 'allowed' : verdict.reason]
    }),
  )

const every = (text: string) => ({ swap: text, swap_anyway: text, dry_run: text, unload: text, cancel: text, force_release: text })
const allowed = every('allowed')
const changes = (text: string) => ({ ...allowed, swap: text, swap_anyway: text, unload: text })

test.each([
  ['all is well', allowed],
  ['nothing is loaded', { ...allowed, unload: 'Nothing is loaded.' }],
  ['the lock is held', { ...allowed, swap: 'nightly-cron holds the lock.', unload: 'nightly-cron holds the lock.' }],
  ['the host is unreachable', changes('spark-1 cannot be reached.')],
  ['the host is in quarantine', changes('spark-1 is in quarantine until it is back and has been cleared.')],
  ['the host is being surveyed', changes('spark-1 is still being looked at.')],
  ['no worker runs', { ...every('No worker answers.'), cancel: 'allowed' }],
  ['Temporal is down', every('Temporal does not answer.')],
  ['the configuration is broken', every('The configuration has an error, see above.')],
])('what can be done while %s, and why not', (state, expected) => {
  expect(reasons(state)).toEqual(expected)
})

test('a lock on other hosts does not stand in the way', () => {
  const elsewhere = status({ hosts: [loaded, host('spark-2')], lock: heldBy(reservation({ hosts: ['spark-2'] })) })
  expect(permit('swap', elsewhere, ['spark-1'])).toEqual({ allowed: true })
  expect(permit('swap', elsewhere, ['spark-2'])).toMatchObject({ allowed: false })
})

test('a model for one host may go to any host, its own first; one for two hosts goes there only', () => {
  expect(placements(model('m', { placement: ['spark-2'] }), status())).toEqual([['spark-2'], ['spark-1']])
  expect(placements(model('m', { placement: ['spark-1', 'spark-2'] }), status())).toEqual([['spark-1', 'spark-2']])
  expect(placements(model('m', { anywhere: true, placement: ['spark-2'] }), status())).toEqual([['spark-1'], ['spark-2']])
})

test('a model may be swapped while one of its possible hosts is free, and is refused with the reason of its own host when none is', () => {
  const half = status({ hosts: [host('spark-1', { reachable: false }), host('spark-2')] })
  expect(permitAnywhere('swap', model('m'), half)).toEqual({ allowed: true })
  const none = status({ hosts: [host('spark-1', { reachable: false }), host('spark-2', { arbiter: 'surveying' })] })
  expect(permitAnywhere('swap', model('m'), none)).toEqual({ allowed: false, reason: 'spark-1 cannot be reached.' })
})

test('a running swap makes every host that it affects busy, not only its targets', () => {
  const running = page({ swap: swap({ hosts: ['spark-1'], affected_hosts: ['spark-1', 'spark-2'] }) })
  expect(busyOn(running, ['spark-2'])?.swap_id).toBe('swap-00000002')
  expect(busyOn(page(), ['spark-2'])).toBeNull()
})

const verdict = (action: ActionName, subject: Subject, more: Partial<Status> = {}): string => {
  const answer = permit(action, status(more), [], subject)
  return answer.allowed ? 'allowed' : answer.reason
}

test.each<[string, Subject, Partial<Record<ActionName, string>>]>([
  [
    'an external schedule',
    { schedule: external('s') },
    {
      run_schedule: 'It is fired by its own cron on nas, never from here: run, pause or resume it there.',
      pause_schedule: 'It is fired by its own cron on nas, never from here: run, pause or resume it there.',
      resume_schedule: 'It is fired by its own cron on nas, never from here: run, pause or resume it there.',
      delete_schedule: 'allowed',
    },
  ],
  [
    'a managed schedule',
    { schedule: managed('s') },
    { run_schedule: 'allowed', pause_schedule: 'allowed', resume_schedule: 'It is not paused.', delete_schedule: 'allowed' },
  ],
  [
    'a paused one',
    { schedule: managed('s', { paused: true, state: 'paused' }) },
    { run_schedule: 'allowed', pause_schedule: 'It is paused already.', resume_schedule: 'allowed' },
  ],
  [
    'one that is over',
    { schedule: managed('s', { state: 'over' }) },
    { pause_schedule: 'It is over: no run is to come.', delete_schedule: 'allowed' },
  ],
  [
    'an endpoint',
    { webhook: webhook('w') },
    { edit_webhook: 'allowed', disable_webhook: 'allowed', enable_webhook: 'It is on already.', test_webhook: 'allowed', delete_webhook: 'allowed' },
  ],
  [
    'one that is off',
    { webhook: webhook('w', { enabled: false }) },
    { enable_webhook: 'allowed', disable_webhook: 'It is off already.', test_webhook: 'allowed' },
  ],
  [
    'an endpoint of cluster.yaml',
    { webhook: webhook('w', { source: 'file' }) },
    {
      edit_webhook: 'It is defined in cluster.yaml: change it there.',
      delete_webhook: 'It is defined in cluster.yaml: change it there.',
      test_webhook: 'allowed',
    },
  ],
  [
    'one of the environment that was switched off by itself',
    { webhook: webhook('w', { source: 'environment', enabled: false, disabled: { at: '2026-11-24T04:00:00Z', reason: 'r' } }) },
    { edit_webhook: 'It is defined in the environment (WEBHOOK_URL): change it there.', enable_webhook: 'allowed' },
  ],
  [
    'a model that ships',
    { model: shippedModel('m') },
    { edit_model: 'allowed', reset_knobs: 'No setting differs from what ships.', delete_model: 'allowed', download_model: 'allowed' },
  ],
  ['one that was changed', { model: changedModel('m', {}, { knobs: { max_model_len: 1, extra_args: [] } }) }, { reset_knobs: 'allowed' }],
  ['the model that is loaded', { model: shippedModel('gpt-oss-120b') }, { delete_model: 'It is loaded on spark-1.', edit_model: 'allowed' }],
  [
    'a local model',
    { model: ownModel('m', { local: true, local_path: '/m', repo: null }) },
    {
      delete_weights: 'Its weights are a folder of your own: they are neither fetched nor deleted from here.',
      download_model: 'Its weights are a folder of your own: they are neither fetched nor deleted from here.',
    },
  ],
  ['a delivery that is being tried', { delivery: delivery('d', { state: 'pending' }) }, { redeliver: 'It is still being tried by itself.' }],
  ['a delivery that has failed', { delivery: delivery('d', { state: 'failed' }) }, { redeliver: 'allowed' }],
])('what can be done with %s, and why not', (_, subject, expected) => {
  expect(Object.fromEntries(Object.keys(expected).map((action) => [action, verdict(action as ActionName, subject)]))).toEqual(expected) // keys of a record of actions
})

test('while Temporal or the worker is down, schedules stay as they are, and endpoints, which are in a file, can be changed', () => {
  const without = (part: 'temporal' | 'worker') => ({ parts: { temporal: ok, worker: ok, config: ok, [part]: down } })
  const schedule = managed('s')
  expect(verdict('add_schedule', {}, without('temporal'))).toBe('Temporal does not answer.')
  expect(verdict('run_schedule', { schedule }, without('worker'))).toBe('No worker answers.')
  expect(verdict('test_webhook', { webhook: webhook('w') }, without('worker'))).toBe('No worker answers.')
  expect(verdict('edit_webhook', { webhook: webhook('w') }, without('temporal'))).toBe('allowed')
})
