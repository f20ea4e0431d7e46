import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMap, isSeq, isScalar, parseDocument, YAMLMap, YAMLSeq, type Document } from 'yaml'
import { readCatalog } from '../domain/catalog.ts'
import { ClusterFile } from '../domain/cluster.ts'
import { ClusterId } from '../domain/names.ts'
import { setupFiles, type ProposedEntry, type SetupFile } from '../domain/discovery/proposal.ts'
import { Problem } from '../domain/problem.ts'
import { readServices } from '../domain/services/read-services.ts'
import { resolveSettings } from '../domain/settings.ts'
import { parseYamlFile, showProblem, type FileProblem } from '../domain/yaml-file.ts'
import { changeYaml } from './kept-file.ts'
import { clusterIn } from './load.ts'
import { ownPlaces, type Places } from './places.ts'
import { setKeeping } from './set-keeping.ts'
import { ownCatalog, stampOf, textsIn, type SetupTexts } from './setup-state.ts'

/** A file that was, or would be, written. */
export interface SetupWritten {
  readonly file: SetupFile
  readonly path: string
  /** Ids of entries that changed something that was there. */
  readonly replaced: readonly string[]
}

const headings: Readonly<Record<SetupFile, string>> = {
  'cluster.yaml':
    '# cluster.yaml: the machines that Spark Control decides about. Written by set-up; yours to change. config/cluster.yaml has every field explained.\n',
  'models-overrides.yaml':
    '# models-overrides.yaml: changes to the catalog that ships with Spark Control, and models of your own. Pages and API write it; comments stay.\n',
  'services-overrides.yaml':
    '# services-overrides.yaml: what runs beside the models and is watched. config/services.yaml has every field explained.\n',
}
/** cluster.yaml comes last: with it the cluster begins. */
const order: readonly SetupFile[] = ['models-overrides.yaml', 'services-overrides.yaml', 'cluster.yaml']

/**
 * Writes chosen entries into the owner's files: all are judged together before any is written, each file as a whole or not at all, comments kept. `stamp` is that of the
 * state they were proposed for. Throws `config_changed` (somebody else wrote meanwhile), `invalid_request`, `config_invalid`, `data_dir_…`.
 */
export async function saveEntries(places: Places, chosen: readonly ProposedEntry[], stamp: string): Promise<SetupWritten[]> {
  const { configDir } = ownPlaces(places)
  const texts = textsIn(places)
  if (stampOf(texts) !== stamp)
    throw new Problem('config_changed', `A file in ${configDir} was changed since this was proposed: look again, then choose`)
  judge(places, texts, Object.fromEntries(setupFiles.map((file) => [file, edited(file, texts[file], chosen)])) as Record<SetupFile, string | null>) // one for each name
  await makeFolder(configDir)
  const written: SetupWritten[] = []
  for (const file of order) {
    const entries = chosen.filter((entry) => entry.file === file)
    if (entries.length === 0) continue
    const path = join(configDir, file)
    await changeYaml({ path, mode: 0o644, heading: headings[file] }, (document) => {
      if (textsIn(places)[file] !== texts[file]) throw new Problem('config_changed', `${path} was changed by somebody else meanwhile`)
      for (const entry of entries) put(document, entry)
    })
    written.push({ file, path, replaced: entries.filter(({ state }) => state === 'exists').map(({ id }) => id) })
  }
  return written
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    throw new Problem('data_dir_read_only', `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`, { path })
  }
}

function edited(file: SetupFile, text: string | null, chosen: readonly ProposedEntry[]): string | null {
  const entries = chosen.filter((entry) => entry.file === file)
  if (entries.length === 0) return text
  const document = parseDocument(text ?? headings[file])
  if (document.errors.length > 0) throw new Problem('config_invalid', `${file} cannot be read: ${document.errors[0]?.message.split('\n')[0] ?? ''}`)
  for (const entry of entries) put(document, entry)
  return document.toString({ lineWidth: 0 })
}

/** All files as they would be, read as the program reads them. What was wrong before is not held against the new. */
function judge(places: Places, before: SetupTexts, texts: SetupTexts): void {
  const source = texts['cluster.yaml']
  if (source === null) throw new Problem('invalid_request', 'There is no cluster.yaml yet: choose its first host, too')
  const file = parseYamlFile('cluster.yaml', source, ClusterFile)
  if (!file.ok) throw refusal(file.problems)
  const { settings } = resolveSettings(file.value.settings ?? {}, {})
  const cluster = clusterIn(file.value, settings, false)
  const base = ownCatalog(places)
  const models = texts['models-overrides.yaml']
  const catalog =
    base === null ? null : readCatalog(base, models === null ? null : { file: 'models-overrides.yaml', text: models }, cluster, settings)
  if (catalog !== null && !catalog.ok) throw refusal(catalog.problems)
  const problemsOf = (text: string | null): readonly FileProblem[] =>
    text === null ? [] : readServices({ base: null, overrides: { file: 'services-overrides.yaml', text }, cluster, disabled: [] }).problems
  const problems = problemsOf(texts['services-overrides.yaml'])
  if (problems.length > problemsOf(before['services-overrides.yaml']).length) throw refusal(problems)
}

const refusal = (problems: readonly FileProblem[]): Problem =>
  new Problem('invalid_request', `Together these entries do not fit: ${problems.map(showProblem).join('; ')}`)

function put(document: Document, entry: ProposedEntry): void {
  const [what = '', ...rest] = entry.id.split(':')
  const name = rest.join(':')
  if (what === 'cluster_id') {
    if (!ClusterId.safeParse(entry.value).success)
      throw new Problem('invalid_request', 'cluster_id: lower-case letters, digits and dashes, at most 40')
    document.set('cluster_id', document.createNode(entry.value))
  } else if (what === 'model') {
    if (!isMap(document.get('models'))) document.set('models', new YAMLMap())
    const there = document.getIn(['models', name], true)
    if (isMap(there) && isFields(entry.value))
      for (const [field, value] of Object.entries(entry.value)) setKeeping(document, ['models', name, field], value)
    else document.setIn(['models', name], commented(document, entry))
  } else {
    const list = what === 'host' ? 'hosts' : 'services'
    if (!isSeq(document.get(list))) document.set(list, new YAMLSeq())
    const seq = document.get(list)
    const at = isSeq(seq) ? seq.items.findIndex((item) => isMap(item) && item.get('name') === name) : -1
    if (at === -1) document.addIn([list], commented(document, entry))
    else if (isFields(entry.value))
      for (const [field, value] of Object.entries(entry.value)) document.setIn([list, at, field], document.createNode(value))
  }
}

/** The entry with a comment before it and one behind each field that has a source of its own. */
function commented(document: Document, { value, because, sources }: ProposedEntry): unknown {
  const node = document.createNode(value)
  if (!isMap(node)) return node
  const first = node.items[0]?.key
  if (isScalar(first)) first.commentBefore = ` ${comment(because)}`
  for (const { key, value: field } of node.items) {
    const source = isScalar(key) ? sources[String(key.value)] : undefined
    if (source !== undefined && isScalar(field)) field.comment = ` ${comment(source)}`
  }
  return node
}

const comment = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 300)
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
