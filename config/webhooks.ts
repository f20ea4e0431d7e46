import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import { issueWords } from '../domain/issue-words.ts'
import { parseYamlFile, showProblem } from '../domain/yaml-file.ts'
import { FileEndpoint, StoredEndpoint, StoredEndpoints, type Endpoint } from '../domain/webhooks/endpoint.ts'
import { readUrl } from '../domain/webhooks/url-policy.ts'
import type { ConfigSource } from './load.ts'
import type { Places } from './places.ts'
import { dataRoot, WebhookMarks } from './webhook-marks.ts'

export const mostEndpoints = 50

/** All endpoints, and what is wrong with those that could not be taken. */
export interface WebhookSet {
  readonly endpoints: readonly Endpoint[]
  readonly problems: readonly string[]
  /** A file cannot be read, and nobody knows what is in it: an endpoint that is missing here need not be gone. */
  readonly unreadable: boolean
}

type Known = Omit<Endpoint, 'disabled'>
/** One file's entries, and the secrets that are in it. */
interface Part {
  readonly entries: readonly Known[]
  readonly secrets: ReadonlyMap<string, string>
  readonly problems: readonly string[]
}

export const webhooksFile = (places: Places): string => join(places.configDir, 'webhooks.yaml')
export const secretsFile = (places: Places): string => join(dataRoot(places), 'secrets.yaml')

const Secrets = z.looseObject({ webhooks: z.record(z.string(), z.string()).nullish() })
/** The rest of cluster.yaml is config/load.ts's business. */
const ClusterWebhooks = z.looseObject({ webhooks: StoredEndpoints.shape.webhooks })
const nothing: Part = { entries: [], secrets: new Map(), problems: [] }

/** Follows the three sources of endpoints: cluster.yaml, the environment, and what the API keeps. Files are read again when they changed; of a broken one the last good state holds. */
class WebhookReader {
  readonly #config: ConfigSource
  readonly #marks: WebhookMarks
  readonly #parts = new Map<string, { stamp: string; part: Part; broken: string | null }>()
  #secrets = new Map<string, string>()
  #said = ''

  constructor(config: ConfigSource) {
    this.#config = config
    this.#marks = new WebhookMarks(config.places)
  }

  read(log?: Pick<Logger, 'warn'>): WebhookSet {
    const { places } = this.#config
    const secrets = this.#part(secretsFile(places), readSecrets)
    const parts = [
      this.#part(join(places.configDir, 'cluster.yaml'), (path) => readClusterFile(path, places.configDir)),
      { part: this.#fromEnvironment(), broken: null },
      this.#part(webhooksFile(places), (path) => readStored(path)),
    ]
    this.#secrets = new Map([...secrets.part.secrets, ...parts.flatMap(({ part }) => [...part.secrets])])
    const problems = [secrets, ...parts].flatMap(({ part, broken }) => [...(broken === null ? [] : [broken]), ...part.problems])
    const endpoints = this.#joined(
      parts.flatMap(({ part }) => part.entries),
      problems,
    )
    const said = problems.join('\n')
    if (said !== this.#said && said !== '') log?.warn(`webhooks: ${said}`)
    if (log !== undefined) this.#said = said
    return { endpoints, problems, unreadable: [secrets, ...parts].some(({ broken }) => broken !== null) }
  }

  /** The secret of an endpoint as it is now, null for one that has none. Throws, without telling it, where it should be and is not. */
  secretOf({ id, signing }: Endpoint): string | null {
    if (signing.kind === 'none') return null
    if (signing.kind === 'environment') return this.#config.read().settings.webhook_secret
    const secret = signing.kind === 'file' ? readFileSync(signing.path, 'utf8').trim() : this.#secrets.get(id)
    if (secret === undefined || secret === '') throw new Error(`the secret of ${id} is missing`)
    return secret
  }

  #joined(entries: readonly Known[], problems: string[]): Endpoint[] {
    const off = this.#marks.off()
    const known = new Map<string, Endpoint>()
    for (const entry of entries) {
      if (known.has(entry.id)) problems.push(`two webhooks are called ${entry.id}: the one of ${entry.source} is passed over`)
      else if (known.size >= mostEndpoints) problems.push(`there are more than ${String(mostEndpoints)} webhooks: ${entry.id} is passed over`)
      else {
        const mark = off.get(entry.id)
        const signing = entry.signing.kind === 'stored' && !this.#secrets.has(entry.id) ? ({ kind: 'missing' } as const) : entry.signing
        known.set(entry.id, { ...entry, signing, disabled: mark?.url === entry.url ? { at: mark.at, reason: mark.reason } : null })
      }
    }
    return [...known.values()]
  }

  #fromEnvironment(): Part {
    const { webhook_url: url, webhook_secret: secret } = this.#config.read().settings
    if (url === '') return nothing
    const read = readUrl(url)
    if (!read.ok) return { ...nothing, problems: [`WEBHOOK_URL ${read.message}`] }
    const signing = { kind: secret === '' ? 'none' : 'environment' } as const
    return { ...nothing, entries: [{ id: 'default', name: null, url, events: null, enabled: true, source: 'environment', signing }] }
  }

  #part(path: string, read: (path: string) => Part): { part: Part; broken: string | null } {
    const stamp = stampOf(path)
    const before = this.#parts.get(path)
    if (before?.stamp === stamp) return before
    const now = { stamp, ...(stamp === '' ? { part: nothing, broken: null } : attempted(() => read(path), before?.part ?? nothing)) }
    this.#parts.set(path, now)
    return now
  }
}

function attempted(read: () => Part, before: Part): { part: Part; broken: string | null } {
  try {
    return { part: read(), broken: null }
  } catch (error) {
    return { part: before, broken: error instanceof Error ? error.message : String(error) }
  }
}

function readSecrets(path: string): Part {
  const { webhooks } = parsed(path, 'secrets.yaml', Secrets)
  return { ...nothing, secrets: new Map(Object.entries(webhooks ?? {})) }
}

function readStored(path: string): Part {
  const { webhooks } = parsed(path, 'webhooks.yaml', StoredEndpoints)
  return eachOf(webhooks ?? [], 'webhooks.yaml', StoredEndpoint, (entry) => ({
    entry: { ...entry, name: entry.name ?? null, events: some(entry.events), source: 'api', signing: { kind: 'stored' } },
    secret: null,
  }))
}

function readClusterFile(path: string, folder: string): Part {
  const { webhooks } = parsed(path, 'cluster.yaml', ClusterWebhooks)
  return eachOf(webhooks ?? [], 'cluster.yaml', FileEndpoint, ({ secret, secret_file, ...entry }) => {
    const kind = secret === undefined ? 'none' : 'cluster_file'
    const signing = secret_file === undefined ? ({ kind } as const) : ({ kind: 'file', path: resolve(folder, secret_file) } as const)
    const id = entry.id ?? `webhook-${createHash('sha256').update(entry.url).digest('hex').slice(0, 8)}`
    return { entry: { ...entry, id, name: entry.name ?? null, events: some(entry.events), source: 'file', signing }, secret: secret ?? null }
  })
}

const some = <T>(list: readonly T[] | undefined): readonly T[] | null => (list === undefined || list.length === 0 ? null : list)

function eachOf<S extends z.ZodType>(
  list: readonly unknown[],
  file: string,
  schema: S,
  take: (entry: z.output<S>) => { entry: Known; secret: string | null },
): Part {
  const entries: Known[] = []
  const secrets = new Map<string, string>()
  const problems: string[] = []
  for (const [i, given] of list.entries()) {
    const fits = schema.safeParse(given)
    const issue = fits.error?.issues[0]
    try {
      if (!fits.success) throw new Error(issue === undefined ? 'does not fit' : `${issue.path.map(String).join('.')}: ${issueWords(issue)}`)
      const { entry, secret } = take(fits.data)
      entries.push(entry)
      if (secret !== null) secrets.set(entry.id, secret)
    } catch (error) {
      problems.push(`${file} webhooks.${String(i)} is passed over: ${error instanceof Error ? error.message : ''}`)
    }
  }
  return { entries, secrets, problems }
}

function parsed<S extends z.ZodType>(path: string, file: string, schema: S): z.output<S> {
  const read = parseYamlFile(file, readFileSync(path, 'utf8'), schema)
  if (!read.ok) throw new Error(read.problems.map(showProblem).join('; '))
  return read.value
}

function stampOf(path: string): string {
  const known = statSync(path, { throwIfNoEntry: false })
  return known === undefined ? '' : [known.mtimeMs, known.ctimeMs, known.size, known.ino].map(String).join('/')
}

const readers = new WeakMap<ConfigSource, WebhookReader>()

function readerOf(config: ConfigSource): WebhookReader {
  const known = readers.get(config) ?? new WebhookReader(config)
  readers.set(config, known)
  return known
}

/** The endpoints as they are now. With a `log`, what is wrong with some of them is said there, once. */
export const webhooksOf = (config: ConfigSource, log?: Pick<Logger, 'warn'>): WebhookSet => readerOf(config).read(log)

/** The secret that signs for an endpoint, null for one without. For signing only: never shown, logged or kept. Throws where it is missing. */
export const secretOf = (config: ConfigSource, endpoint: Endpoint): string | null => readerOf(config).secretOf(endpoint)
