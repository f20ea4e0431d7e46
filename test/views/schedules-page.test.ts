import { expect, test } from 'vitest'
import type { ScheduleList } from '../../domain/scheduling/schedule.ts'
import { deleteScheduleDialog, scheduleDialog } from '../../views/dialogs/schedules/details.ts'
import { importReport } from '../../views/dialogs/schedules/import.ts'
import { select, type ScheduleFilter } from '../../views/schedules/filter.ts'
import { scheduleRegions } from '../../views/schedules/regions.ts'
import { conflict, external, managed, run, someSchedules } from './coordination-fixtures.ts'
import { ago, models, status } from './fixtures.ts'
import { tag, text } from './reading.ts'

const everything: ScheduleFilter = { q: '', kind: 'all', page: 1 }
const shownOf = (list: ScheduleList, filter = everything) => scheduleRegions({ status: status(), models, list: { known: true, value: list }, filter })
const ids = (filter: Partial<ScheduleFilter>) => select(someSchedules(), { ...everything, ...filter }).shown.map(({ id }) => id)

test('what needs a person comes first, then what runs, then what comes next, and last what no longer runs', () => {
  const mixed = [
    managed('over', { state: 'over', next_run_at: null }),
    managed('paused', { state: 'paused' }),
    managed('later', { next_run_at: ago(-900) }),
    managed('sooner', { next_run_at: ago(-60) }),
    managed('running', { state: 'running' }),
    external('late', { state: 'late' }),
    managed('failed', { state: 'failed' }),
    external('missed', { state: 'missed' }),
  ]
  expect(select(mixed, everything).shown.map(({ id }) => id)).toEqual(['missed', 'failed', 'late', 'running', 'sooner', 'later', 'paused', 'over'])
})

test('a filter looks for all its words in id, owner, host, command and model, whatever their case', () => {
  expect(ids({ q: 'BEN' })).toEqual(['transcripts'])
  expect(ids({ q: 'nas summaries.sh' })).toEqual(['nightly-summaries'])
  expect(ids({ q: 'gpt-oss', kind: 'managed' })).toEqual(['models-night', 'models-day'])
  expect(ids({ kind: 'trouble' })).toEqual(['transcripts', 'sweep'])
  expect(ids({ q: 'no such thing' })).toEqual([])
})

test('a thousand schedules are shown fifty at a time, and a page beyond the last is the last', () => {
  const many = Array.from({ length: 1000 }, (_, i) => external(`job-${String(i).padStart(4, '0')}`))
  expect(select(many, everything)).toMatchObject({ fitting: 1000, page: 1, pages: 20, shown: { length: 50 } })
  expect(select(many, { ...everything, page: 99 })).toMatchObject({ page: 20 })
  expect(select(many, { ...everything, page: 2 }).shown[0]?.id).toBe('job-0050')
  const markup = shownOf({ schedules: many, conflicts: [] }, { ...everything, q: 'job', page: 2 })['schedules']!.toString()
  expect(text(markup)).toContain('1,000 schedules')
  expect(text(markup)).toContain('Previous Page 2 of 20 Next')
  expect(markup).toContain('href="/schedules?q=job&amp;kind=all&amp;page=3"')
  expect(markup.length).toBeLessThan(150_000)
})

test('a schedule says its state, its plan in words, what comes next, how it last went, and whose it is', () => {
  const shown = text(shownOf({ schedules: someSchedules(), conflicts: [] })['schedules']!)
  expect(shown).toContain(
    'waiting nightly-summaries external At 06:00, every day, Europe/Berlin next 2026-11-24 06:00 UTC last 2026-11-24 03:00 UTC ok swap swap-00000001 anna on nas Swap to gpt-oss 120B',
  )
  expect(shown).toContain('missed transcripts external')
  expect(shown).toContain(
    'paused models-day managed At 07:00, every day, Europe/Berlin no next run never ran yet fired from here Swap to gpt-oss 120B',
  )
})

test('one that Temporal does not show yet says so', () => {
  expect(text(shownOf({ schedules: [managed('m', { in_temporal: false })], conflicts: [] })['schedules']!)).toContain(
    "not in Temporal's own list yet",
  )
})

test('collisions are said with their time, and nothing is said of none', () => {
  expect(text(shownOf({ schedules: [], conflicts: [conflict()] })['conflicts']!)).toContain(
    'One collision within 7 days 2026-11-25 05:00 UTC models-night begins while nightly-summaries still needs spark-1',
  )
  expect(tag(shownOf({ schedules: [], conflicts: [] })['conflicts']!, 'conflicts')).toContain('hidden')
})

test('only the next collision stands above the list, and more than are looked for are said to be more', () => {
  const many = Array.from({ length: 50 }, () => conflict())
  const panel = shownOf({ schedules: [], conflicts: many })['conflicts']!
  expect(text(panel)).toContain('50 collisions or more within 7 days')
  expect(text(panel)).toContain('The other 49')
  expect(panel.toString().indexOf('<details')).toBeLessThan(panel.toString().lastIndexOf('models-night begins'))
})

test('a time in the words of a collision is told in the zone of the reader, too', () => {
  const panel = shownOf({
    schedules: [],
    conflicts: [conflict({ words: 'a begins while b still needs spark-1, until 2026-11-25T05:10:00.000Z as a rule' })],
  })
  expect(panel['conflicts']!.toString()).toMatch(/until <time datetime="2026-11-25T05:10:00.000Z"/)
})

test('a registry that cannot be read says why, and the rest of the page stays', () => {
  const problem = {
    type: 't',
    title: 'Temporal does not answer',
    status: 503,
    code: 'temporal_down' as const,
    detail: 'd',
    advice: 'Nothing was lost.',
    request_id: '',
  }
  const regions = scheduleRegions({ status: status(), models, list: { known: false, problem }, filter: everything })
  expect(text(regions['schedules']!)).toContain('Temporal does not answer. d Nothing was lost.')
  expect(tag(regions['schedules']!, 'schedules')).not.toBe('')
  expect(text(regions['toolbar']!)).toContain('Import…')
})

test('the buttons that add say why they can do nothing while no worker answers', () => {
  const parts = { temporal: { ok: true, detail: '' }, worker: { ok: false, detail: '' }, config: { ok: true, detail: '' } }
  const toolbar = scheduleRegions({
    status: status({ parts }),
    models,
    list: { known: true, value: { schedules: [], conflicts: [] } },
    filter: everything,
  })['toolbar']!
  expect(text(toolbar)).toContain('Nothing can be added now: No worker answers.')
  expect(tag(toolbar, 'add-managed')).toMatch(/disabled.*aria-describedby="add-refused"/s)
})

test('the details tell the history of runs, the next ones, and why an external one is not run from here', () => {
  const runs = [
    run(),
    run({ state: 'missed', via: 'nothing', swap_id: null, ended_at: null, detail: 'nothing came' }),
    run({ due_at: null, via: 'by_hand' }),
  ]
  const markup = scheduleDialog({ schedule: external('nightly', { runs }), status: status(), models })
  const shown = text(markup)
  expect(shown).toContain('ok due 2026-11-24 03:00 UTC seen by its swap took 4 min 55 s swap swap-00000001')
  expect(shown).toContain('missed due 2026-11-24 03:00 UTC nothing was seen nothing came')
  expect(shown).toContain('ok at no planned time, 2026-11-24 03:00:05 UTC started by hand')
  expect(shown).toContain('It is fired by its own cron on nas, never from here')
  expect(tag(markup, 'run-now')).toMatch(/aria-describedby="run-now-text" disabled/)
  expect(tag(markup, 'delete-schedule')).not.toContain('disabled')
})

test('a paused schedule offers Resume, another Pause', () => {
  const dialog = (more = {}) => scheduleDialog({ schedule: managed('m', more), status: status(), models })
  expect(tag(dialog(), 'pause')).not.toContain('disabled')
  expect(tag(dialog({ paused: true, state: 'paused' }), 'resume')).not.toContain('disabled')
  expect(tag(dialog({ paused: true, state: 'paused' }), 'pause')).toBe('')
})

test('a delete says what goes and what goes on', () => {
  expect(text(deleteScheduleDialog(external('e')))).toContain('The cron on nas goes on as it is.')
  expect(text(deleteScheduleDialog(managed('m')))).toContain('It is never fired again')
})

test('an import says what would come and what would not, and offers to register only what was looked at', () => {
  const skipped = [{ line: 3, text: '@reboot /x', reason: 'comes due at no time' }]
  const found = importReport({ imported: [external('summaries')], skipped }, 'digest-1')
  expect(text(found)).toContain('1 would be registered summaries 0 6 * * *')
  expect(text(found)).toContain('line 3 @reboot /x comes due at no time Register it')
  expect(found.toString()).toContain('name="looked" value="digest-1"')
  expect(text(importReport({ imported: [], skipped }, 'd'))).not.toContain('Register')
})
