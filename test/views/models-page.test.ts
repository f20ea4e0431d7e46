import { expect, test } from 'vitest'
import type { CatalogModel } from '../../domain/catalog-model.ts'
import { causeOf } from '../../domain/errors.ts'
import type { Status } from '../../domain/status.ts'
import { startedDownload, type Download } from '../../domain/storage/download.ts'
import { downloadList } from '../../views/catalog/downloads.ts'
import { selectModels, type ModelFilter } from '../../views/catalog/filter.ts'
import { knobNames } from '../../views/catalog/knob-fields.ts'
import { launchNames } from '../../views/catalog/launch-fields.ts'
import { modelRegions } from '../../views/catalog/regions.ts'
import { deleteWeightsDialog } from '../../views/dialogs/catalog/disk.ts'
import { entryDialog } from '../../views/dialogs/catalog/entry.ts'
import { knobsDialog } from '../../views/dialogs/catalog/knobs.ts'
import { deleteModelDialog, modelDialog } from '../../views/dialogs/catalog/model.ts'
import { changePreview, savedInUse } from '../../views/dialogs/catalog/preview.ts'
import { regions } from '../../views/regions.ts'
import { change, ownModel, shippedModel, someCatalog } from './catalog-fixtures.ts'
import { heldBy, model, now, page, reservation, status } from './fixtures.ts'
import { tag, text } from './reading.ts'

const everything: ModelFilter = { q: '', show: 'all', page: 1 }
const shownOf = (models: readonly CatalogModel[], filter: Partial<ModelFilter> = {}, more: Partial<Status> = {}) =>
  modelRegions({
    status: status(more),
    models: { known: true, value: models },
    downloads: { known: true, value: [] },
    filter: { ...everything, ...filter },
  })
const keys = (filter: Partial<ModelFilter>) => selectModels(someCatalog(), { ...everything, ...filter }, status()).shown.map(({ key }) => key)
const rowOf = (models: readonly CatalogModel[], key: string): string =>
  text(new RegExp(`<li class="row model" id="model-${key}">.*?</li>`, 's').exec(shownOf(models)['models']!.toString())?.[0] ?? '')
const named = (key: string) => someCatalog().find((one) => one.key === key)!
const defaults = { image: 'vllm-node', container: 'vllm_node', launch_s: 3600, launch_stall_s: 900 }

test('what is loaded comes first, all else in the order of the catalog', () => {
  expect(keys({})).toEqual(['gpt-oss-120b', 'qwen3-30b', 'ten31-ft', 'roaming', 'big-two'])
})

test('a filter looks for all its words in key, name, repository, folder, launcher and host, whatever their case', () => {
  expect(keys({ q: 'QWEN' })).toEqual(['qwen3-30b'])
  expect(keys({ q: '/models spark-2' })).toEqual(['ten31-ft'])
  expect(keys({ q: 'spark-vllm-docker' })).toEqual(['roaming', 'big-two'])
})

test.each([
  ['loaded', ['gpt-oss-120b']],
  ['changed', ['gpt-oss-120b']],
  ['shipped', ['qwen3-30b']],
  ['own', ['ten31-ft', 'roaming', 'big-two']],
  ['local', ['ten31-ft']],
] as const)('of all models, %s ones can be picked', (show, found) => {
  expect(keys({ show })).toEqual(found)
})

test('five hundred models are shown fifty at a time, and a page beyond the last is the last', () => {
  const many = Array.from({ length: 500 }, (_, i) => ownModel(`model-${String(i)}`))
  const markup = shownOf(many, { q: 'model', page: 99 })['models']!.toString()
  expect(text(markup)).toContain('500 models')
  expect(text(markup)).toContain('Previous Page 10 of 10 Next')
  expect(markup.match(/class="row model"/g)).toHaveLength(50)
  expect(markup.length).toBeLessThan(200_000)
})

test('of five hundred models the dashboard lists what is loaded first, and no more than a screenful', () => {
  const many = [...Array.from({ length: 499 }, (_, i) => model(`model-${String(i)}`)), model('gpt-oss-120b')]
  const markup = regions.models(page({}, { models: many })).toString()
  expect(markup.match(/class="row model"/g)).toHaveLength(25)
  expect(markup.indexOf('id="model-gpt-oss-120b"')).toBeLessThan(markup.indexOf('id="model-model-0"'))
  expect(text(markup)).toContain('All 500 models')
})

test('a model says where it comes from, where it goes, what starts it, what it needs, and whose figures those are', () => {
  expect(rowOf(someCatalog(), 'qwen3-30b')).toContain(
    'Qwen3 30B A3B shipped key qwen3-30b Qwen/Qwen3-30B-A3B on spark-1 by docker needs 62 GiB weights 56.9 GiB context 65,536 tokens source example.org/measured-on-a-spark',
  )
  expect(rowOf(someCatalog(), 'ten31-ft')).toContain('Our fine-tune own local key ten31-ft /models/ten31 on spark-2 by docker memory need not known')
  expect(rowOf(someCatalog(), 'roaming')).toContain('on any free host')
  expect(rowOf(someCatalog(), 'big-two')).toContain('on spark-1 (head) and spark-2')
})

test('what was changed, what is loaded, and what is dangerous is said', () => {
  const row = rowOf(someCatalog(), 'gpt-oss-120b')
  expect(row).toContain('gpt-oss 120B changed loaded on spark-1')
  expect(row).toContain('trust_remote_code runs code from the model’s repository on the host.')
})

test('a source is a link only where it is an address of the web', () => {
  const list = (source: string) => shownOf([shippedModel('m', { source })])['models']!.toString()
  expect(list('https://example.org/x')).toContain('<a href="https://example.org/x"')
  expect(list('javascript:alert(1)')).not.toContain('<a href="javascript')
  expect(list('measured at home')).toContain('measured at home')
})

test('a lock stops the swap from here too, and a way past it is offered', () => {
  const markup = shownOf(someCatalog(), {}, { lock: heldBy(reservation()) })['models']!
  expect(text(markup)).toContain('No swap can start now: nightly-cron holds the lock.')
  expect(tag(markup, 'swap-anyway-qwen3-30b')).not.toContain('disabled')
  expect(tag(markup, 'knobs-qwen3-30b')).not.toContain('disabled')
})

test('a catalog that cannot be read says why, and stays a page', () => {
  const problem = {
    ...{ type: 't', title: 'The configuration cannot be used', status: 503, code: 'config_invalid' as const },
    ...{ detail: 'models-overrides.yaml:3', advice: 'Mend it.', request_id: '' },
  }
  const shown = modelRegions({ status: status(), models: { known: false, problem }, downloads: { known: false, problem }, filter: everything })
  expect(text(shown['models']!)).toContain('models-overrides.yaml:3')
})

test('every knob has a field; one that was changed is marked, with what ships, and can be taken back alone', () => {
  const markup = knobsDialog(named('gpt-oss-120b'), status()).toString()
  for (const name of knobNames) expect(tag(markup, `knob-${name}`)).not.toBe('')
  expect(text(markup)).toContain('changed, ships as 131072')
  expect(markup).toContain('data-clear="knob-max_model_len"')
  expect(tag(markup, 'knob-max_model_len')).toContain('value="32768"')
  // as it ships: blank, so that it is not sent
  expect(tag(markup, 'knob-gpu_memory_utilization')).toMatch(/value=""[^>]*placeholder="ships as 0.8"/)
  expect(tag(markup, 'reset-knobs')).not.toContain('disabled')
  expect(tag(knobsDialog(named('qwen3-30b'), status()), 'reset-knobs')).toContain('disabled')
})

test('the command of a start is asked for when the dialog opens and after each change of a field', () => {
  expect(knobsDialog(named('qwen3-30b'), status()).toString()).toMatch(/hx-post="\/ui\/models\/knobs\/preview"\s+hx-trigger="load, change from:/)
})

test('a form that opens empty asks for none before something is filled in', () => {
  const markup = entryDialog({ model: null, local: false, hosts: ['spark-1'], defaults }).toString()
  expect(markup).toContain('hx-trigger="change from:')
  expect(markup).toContain('as soon as the fields are filled in')
})

test('a preview says the exact command, what to beware of, and what runs with other settings', () => {
  const preview = text(changePreview(change(named('gpt-oss-120b'), { used_by: [{ swap_id: 's', hosts: ['spark-1'] }] })))
  expect(preview).toContain('docker run --name vllm_node vllm-node vllm serve openai/gpt-oss-120b')
  expect(preview).toContain('trust_remote_code runs code')
  expect(preview).toContain('Used by the running deployment on spark-1, which was started with other settings: swap to apply these.')
  expect(text(savedInUse(change(named('gpt-oss-120b'), { used_by: [{ swap_id: 's', hosts: ['spark-1'] }] })))).toContain('Swap…')
})

test('the details name what the environment has, not what is in it', () => {
  const dialog = text(modelDialog({ model: named('ten31-ft'), status: status(), change: change(named('ten31-ft')), disk: null }))
  expect(dialog).toContain('Environment TOKENS')
  expect(dialog).not.toContain('hush')
})

test('a loaded model cannot be deleted, with the reason; one that ships is only hidden', () => {
  const loaded = modelDialog({ model: named('gpt-oss-120b'), status: status(), change: change(named('gpt-oss-120b')), disk: null })
  expect(tag(loaded, 'delete-model')).toMatch(/disabled.*It is loaded on spark-1/s)
  expect(text(deleteModelDialog(named('qwen3-30b')))).toContain('it is only hidden')
  expect(text(deleteModelDialog(named('roaming')))).toContain('It goes out of the catalog, with its settings. Its weights stay')
})

test('where a model goes is one choice: by default, any free host, one, or several with their head', () => {
  const markup = text(entryDialog({ model: null, local: false, hosts: ['spark-1', 'spark-2'], defaults }))
  expect(markup).toContain('where models go by default any free host spark-1 spark-2 spark-1 as head, with spark-2 spark-2 as head, with spark-1')
})

test('every launch option has a field, shown with its own launcher', () => {
  const markup = entryDialog({ model: named('big-two'), local: false, hosts: ['spark-1', 'spark-2'], defaults }).toString()
  for (const name of launchNames) expect(markup).toContain(`name="launch.${name}"`)
  expect(markup).toMatch(/data-only="spark-vllm-docker">\s*By Ray/)
  expect(markup).toMatch(/data-only="command">\s*Starts it/)
  expect(markup).toMatch(/value="spark-1,spark-2" selected/)
})

test('an edit leaves blank what its entry does not say, so that defaults stay defaults', () => {
  const markup = entryDialog({ model: named('roaming'), local: false, hosts: ['spark-1'], defaults }).toString()
  for (const name of ['image', 'container', 'launch_s', 'launch_stall_s', 'port', 'memory_gib']) {
    expect([name, new RegExp(`name="${name}"\\s+value=""`).test(markup)]).toEqual([name, true])
  }
  expect(markup).toMatch(/value="any" selected/)
})

test('a local model is asked for by its folder, with a way to look for it on each host', () => {
  const markup = entryDialog({ model: null, local: true, hosts: ['spark-1', 'spark-2'], defaults })
  expect(tag(markup, 'browse-spark-2')).toContain('/ui/models/folders?host=spark-2')
  expect(markup.toString()).not.toContain('name="repo"')
})

const download = (more: Partial<Download> = {}): Download => ({
  ...startedDownload({ model: 'qwen3-30b', repo: 'Qwen/Qwen3-30B-A3B', host: 'spark-1', holder: 'anna' }, ['spark-2'], Date.parse(now)),
  ...{ phase: 'fetch', bytes: 10 * 2 ** 30, total_bytes: 40 * 2 ** 30, bytes_per_s: 100 * 2 ** 20 },
  ...more,
})

test('a download says how much of how much has come, how fast, what is left, and who asked', () => {
  const list = downloadList([download()], status())
  expect(text(list)).toContain(
    'fetch Qwen/Qwen3-30B-A3B to spark-1 10.0 GiB of 40.0 GiB 100 MiB/s about 5 min 07 s left copied to spark-2 (pending) asked by anna',
  )
  expect(list.toString()).toMatch(/<progress[^>]*value="25.0"/)
})

test('one that stands still says since when, one that has ended how, and none at all nothing', () => {
  expect(text(downloadList([download({ still_since: now })], status()))).toContain('no byte came for since 05:00:00 UTC')
  expect(text(downloadList([download({ state: 'done', outcome: 'completed', ended_at: now })], status()))).toContain('complete Qwen')
  expect(tag(downloadList([], status()), 'downloads')).toContain('hidden')
})

test('a delete of weights lists what goes, and who else uses it; what speaks against it takes the button', () => {
  const report = {
    ...{ dry_run: true as const, model: 'm', repo: 'a/b', host: 'spark-1', files: 2, bytes: 3 * 2 ** 30, cause: null, also_used_by: ['twin'] },
    paths: [{ path: '/cache/blob', bytes: 2 * 2 ** 30 }],
  }
  const asked = deleteWeightsDialog(report)
  expect(text(asked)).toContain('3.0 GiB in 2 files of a/b go from spark-1.')
  expect(text(asked)).toContain('The same weights are used by twin. /cache/blob 2.0 GiB and 1 smaller ones')
  expect(deleteWeightsDialog({ ...report, cause: causeOf('weights_linked', 'it is a link') }).toString()).toMatch(
    /<button[^>]*type="submit"[^>]*disabled/,
  )
})
