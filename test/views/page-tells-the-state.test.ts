import { expect, test } from 'vitest'
import { causeOf } from '../../domain/errors.ts'
import { cancelDialog } from '../../views/dialogs/cancel.ts'
import { releaseDialog } from '../../views/dialogs/release.ts'
import { swapDialog } from '../../views/dialogs/swap.ts'
import { pageDocument } from '../../views/page.ts'
import { regions } from '../../views/regions.ts'
import { ago, busyPage, ended, failed, heldBy, holding, host, models, now, page, phasesAt, reservation, swap } from './fixtures.ts'
import { conflict, someSchedules } from './coordination-fixtures.ts'
import { tag, text } from './reading.ts'

test('a host says what it holds, whether it is healthy, and its figures', () => {
  const shown = text(regions.hosts(page()))
  expect(shown).toContain('spark-1 127.0.0.1 healthy gpt-oss 120B http://127.0.0.1:8801')
  expect(shown).toContain('Memory free 112 GiB of 120 GiB GPU 3 % Temperature 41 °C Power 11.4 W')
  expect(shown).toContain('spark-2 127.0.0.1 empty No model loaded')
})

test.each([
  ['unreachable', host('h', { reachable: false })],
  ['not usable', host('h', { arbiter: 'unreachable' })],
  ['in quarantine', host('h', { reachable: false, arbiter: 'quarantined' })],
  ['being looked at', host('h', { arbiter: 'surveying' })],
  ['not seen yet', host('h', { reachable: null, looked_at: null, arbiter: 'unknown' })],
  ['not seen lately', host('h', { deployment: holding('m'), looked_at: ago(31) })],
  ['not healthy', host('h', { deployment: holding('m', { healthy: false }) })],
  ['empty', host('h')],
])('a host that is %s is never shown as healthy', (word, shown) => {
  const markup = text(regions.hosts(page({ hosts: [shown] })))
  expect(markup).toContain(`h 127.0.0.1 ${word}`)
  expect(markup).not.toMatch(/(?<!not )healthy/)
})

test('while a swap starts a model, its host no longer claims to hold the one that was stopped', () => {
  const during = (phase: 'stop' | 'launch' | 'restore') => text(regions.hosts(page({ swap: swap({ phase, phases: phasesAt(phase) }) })))
  expect(during('stop')).toContain('spark-1 127.0.0.1 swapping gpt-oss 120B http')
  expect(during('launch')).toContain('spark-1 127.0.0.1 swapping Starting Qwen3 30B A3B Memory')
  expect(text(regions.models(page({ swap: swap() })))).not.toContain('gpt-oss 120B on spark-1')
  expect(text(regions.models(page()))).toContain('gpt-oss 120B on spark-1')
  expect(during('restore')).toContain('spark-1 127.0.0.1 swapping Putting back gpt-oss 120B Memory')
})

test('a validation that is newer than the last look counts', () => {
  const validated = (validated_at: string) =>
    text(regions.hosts(page({ hosts: [host('h', { looked_at: ago(3), deployment: holding('m', { healthy: false, validated_at }) })] })))
  expect(validated(ago(1))).toContain('h 127.0.0.1 healthy')
  expect(validated(ago(5))).toContain('h 127.0.0.1 not healthy')
})

test('a host that cannot be reached says why and what to do', () => {
  const shown = text(regions.hosts(page({ hosts: [host('spark-2', { reachable: false, cause: causeOf('host_key_changed') })] })))
  expect(shown).toContain('The host shows another key than the pinned one If it was set up anew, run')
})

test('a deployment that someone else started says so', () => {
  const shown = text(
    regions.hosts(page({ hosts: [host('h', { deployment: holding('m', { model: null, served_id: 'their/model', adopted: true }) })] })),
  )
  expect(shown).toContain('their/model')
  expect(shown).toContain('started by someone else')
})

test('a running swap shows its phases, elapsed and usual time, progress and the last lines', () => {
  const markup = regions.swap(busyPage())
  const shown = text(markup)
  expect(shown).toContain('Swap to Qwen3 30B A3B launch on spark-1')
  expect(shown).toContain('usually 1 min 20 s')
  expect(shown).toContain('replaces gpt-oss 120B')
  expect(shown).toContain('preflight done 10 s stop done 10 s launch running')
  expect(shown).toContain('Loading weights 56 %')
  expect(shown).toContain('shards: 52% Completed')
  expect(tag(markup, 'running-swap-00000002-progress')).toContain('value="56"')
  expect(markup.toString()).toContain('aria-current="step"')
})

test('two swaps on hosts of their own are both shown', () => {
  const both = [swap(), swap({ swap_id: 'swap-00000007', model: 'ten31-ft', hosts: ['spark-2'], affected_hosts: ['spark-2'] })]
  const shown = text(regions.swap(page({}, { running: both.map((one) => ({ swap: one, progress: null })) })))
  expect(shown).toContain('Swap to Qwen3 30B A3B: launch. Swap to Our fine-tune: launch')
  expect(shown.match(/Cancel…/g)).toHaveLength(2)
})

test('a restore is listed once it has begun, and not before', () => {
  expect(text(regions.swap(page({ swap: swap() })))).not.toContain('restore')
  expect(text(regions.swap(page({ swap: swap({ phase: 'restore', phases: phasesAt('restore') }) })))).toContain('restore running')
})

test('when nothing runs, the page says how the last swap ended, why, and what to do', () => {
  const shown = text(regions.swap(page({}, { recent: [failed] })))
  expect(shown).toContain('Swap to gpt-oss 120B Put back')
  expect(shown).toContain('It failed, and the previous model serves again.')
  expect(shown).toContain('The model is gated on Hugging Face Accept its terms there')
  expect(shown).toContain('OSError: You are trying to access a gated repo')
})

test('an unload is called an unload', () => {
  expect(text(regions.history(page({}, { recent: [ended('completed', { model: null })] })))).toContain('Completed Unload on spark-1')
})

test('the lock says who, why and until when, and can be ended', () => {
  const markup = regions.lock(page({ lock: heldBy(reservation()) }))
  expect(text(markup)).toContain('nightly-cron holds the lock on all hosts: batch of summaries until')
  expect(tag(markup, 'release-41')).not.toContain('disabled')
  expect(tag(regions.lock(page()), 'lock')).toContain('hidden')
})

test('a lock that ends soon says so, and who stands in line behind it', () => {
  const lock = heldBy(reservation({ acquired_at: ago(480), expires_at: ago(-110), hosts: ['spark-1'] }))
  const line = [
    { holder: 'ben-agent', hosts: ['spark-1'], since: ago(65) },
    { holder: 'elsewhere', hosts: ['spark-2'], since: ago(60) },
    { holder: 'anywhere', hosts: [], since: ago(5) },
  ]
  const shown = text(regions.lock(page({ lock: { ...lock, waiting: 3, line } })))
  expect(shown).toContain('expires soon')
  expect(shown).toContain('In line ben-agent for spark-1, waits since 04:58:55 UTC anywhere for all hosts, waits')
  expect(shown).not.toContain('elsewhere')
  expect(text(regions.lock(page({ lock: heldBy(reservation()) })))).not.toMatch(/expires soon|In line/)
})

test('a running swap says when it should end, and the queue its places and when each should start', () => {
  const usual = ended('completed', {
    requested_at: ago(200),
    ended_at: ago(100),
    phases: phasesAt('notify', 'done').map((phase) => ({ ...phase, started_at: ago(200) })),
  })
  const running = swap({ phases: phasesAt('preflight'), hosts: ['spark-1'], affected_hosts: ['spark-1'] })
  const queued = (id: string, more = {}) => swap({ swap_id: id, state: 'queued', phase: null, phases: [], requested_at: ago(10), ...more })
  const queue = [
    queued('queued-00000001'),
    queued('queued-00000002'),
    queued('queued-00000003', { model: 'never-seen', hosts: ['spark-2'], affected_hosts: [] }),
  ]
  const shown = page({ swap: running, queue }, { recent: [usual] })
  expect(text(regions.swap(shown))).toContain('should end about 2026-11-24 05:01:15 UTC')
  const words = text(regions.queue(shown))
  expect(words).toContain('1. Swap to Qwen3 30B A3B on spark-1 waits since 04:59:50 UTC should start about 2026-11-24 05:01:15 UTC')
  expect(words).toContain('2. Swap to Qwen3 30B A3B on spark-1 waits since 04:59:50 UTC should start about 2026-11-24 05:02:55 UTC')
  expect(words).toContain('3. Swap to never-seen on spark-2 waits since 04:59:50 UTC start not known yet')
})

test('the dashboard says what comes next, what did not come, and what will collide', () => {
  const shown = text(regions.next(page({}, { schedules: { schedules: someSchedules(), conflicts: [conflict()] } })))
  expect(shown).toContain('Next up All 5 schedules missed transcripts was due')
  expect(shown).toContain('2026-11-24 06:00 UTC nightly-summaries anna Swap to gpt-oss 120B')
  expect(shown).toContain('2026-11-24 07:00 UTC models-night fired here Swap to gpt-oss 120B')
  expect(shown).not.toContain('models-day fired here')
  expect(shown).toContain('Will collide within 7 days 2026-11-25 05:00 UTC models-night begins while nightly-summaries still needs spark-1')
  expect(tag(regions.next(page()), 'next')).toContain('hidden')
})

test('while someone holds the lock, Swap is refused with the reason and Swap anyway is offered', () => {
  const markup = regions.models(page({ lock: heldBy(reservation()) }))
  expect(text(markup)).toContain('No swap can start now: nightly-cron holds the lock.')
  expect(tag(markup, 'swap-qwen3-30b')).toMatch(/disabled.*aria-describedby="swap-refused"/s)
  expect(tag(markup, 'swap-anyway-qwen3-30b')).not.toContain('disabled')
  expect(tag(markup, 'dry-run-qwen3-30b')).not.toContain('disabled')
})

test('without a lock nothing is offered that would override one', () => {
  expect(regions.models(page()).toString()).not.toContain('Swap anyway')
})

test('a broken configuration, Temporal and a missing worker are said with what to do', () => {
  const parts = {
    temporal: { ok: false, detail: 'connection refused' },
    worker: { ok: false, detail: 'no poller' },
    config: { ok: false, detail: 'models.yaml:12:5 models.qwen.repo: is missing' },
  }
  const shown = text(regions.problems(page({ parts })))
  expect(shown).toContain('The configuration cannot be used. models.yaml:12:5 models.qwen.repo: is missing Mend the named file')
  expect(shown).toContain('Temporal does not answer. connection refused Nothing was lost.')
  expect(shown).toContain('No worker answers. no poller')
  expect(tag(regions.problems(page()), 'problems')).toContain('hidden')
})

test('a refused setting says its source, its value, why, and what is used', () => {
  expect(text(regions.problems(busyPage()))).toContain('VLLM_PORT is eighty: expected a number. In use: 8888')
})

test('the demo is marked as one, a real cluster is not', () => {
  const assets = { styles: [], libraries: [], script: '', icon: '' }
  const shown = (more = {}) => pageDocument({ page: 'dashboard', stream: '/events', status: page(more).status, regions: {} }, assets)
  expect(shown()).toContain('>DEMO<')
  expect(shown({ demo: false, cluster: 'lab' })).not.toContain('DEMO')
})

test('the swap dialog says what each host would lose, and that a busy host means waiting', () => {
  const dialog = (more = {}) => swapDialog({ model: models[0]!, data: page(more), force: false, attempt: 'attempt-1' })
  expect(text(dialog())).toContain('spark-1 replaces gpt-oss 120B, 112 GiB free spark-2 is empty, 112 GiB free')
  expect(dialog().toString()).not.toContain('on_busy')
  const waiting = dialog({ swap: swap({ hosts: ['spark-1'] }) })
  expect(text(waiting)).toContain('waits in the queue')
  expect(waiting.toString()).toContain('name="on_busy" value="queue"')
})

test('overriding a lock and releasing one by force both need a reason', () => {
  const held = page({ lock: heldBy(reservation()) })
  const anyway = swapDialog({ model: models[0]!, data: held, force: true, attempt: 'attempt-1' }).toString()
  expect(anyway).toMatch(/<textarea name="reason"[^>]*required/)
  expect(text(anyway)).toContain('nightly-cron holds the lock (batch of summaries). Swapping anyway ends it.')
  expect(releaseDialog(reservation()).toString()).toMatch(/<textarea name="reason"[^>]*required/)
  expect(text(releaseDialog(null))).toContain('Nobody holds this lock any more.')
})

test('a cancel says what it will do at this point', () => {
  expect(text(cancelDialog(swap({ state: 'queued' }), models))).toContain('no host is touched')
  expect(text(cancelDialog(swap(), models))).toContain('What was started is stopped, with proof.')
  expect(cancelDialog(ended('completed'), models).toString()).toMatch(/type="submit"[^>]*disabled/)
})

test('times are readable without scripts, in UTC, and exact in the title', () => {
  const markup = regions.lock(page({ lock: heldBy(reservation({ expires_at: now })) })).toString()
  expect(markup).toContain(`<time datetime="${now}" title="${now}" data-show="time" hx-morph-skip-children>2026-11-24 05:00:00 UTC</time>`)
})

test('a snapshot does not change while the state does not, so that it is sent once', () => {
  const later = { ...busyPage(), status: { ...busyPage().status, now: ago(-1) } }
  const before = Object.values(regions).map((region) => region(busyPage()).toString())
  expect(Object.values(regions).map((region) => region(later).toString())).toEqual(before)
})
