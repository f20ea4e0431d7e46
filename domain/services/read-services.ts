import type { SourceText } from '../catalog.ts'
import type { Cluster } from '../cluster.ts'
import { issueWords } from '../issue-words.ts'
import { parseYamlFile, type FileProblem, type Locate } from '../yaml-file.ts'
import { kindOf } from './kinds.ts'
import { ServiceEntry, ServicesFile, type Service } from './service.ts'

/** What the service files say. A service with an error is passed over and told; the others stand. */
export interface ServiceFiles {
  readonly services: readonly Service[]
  /** By `enabled: false` or DISABLED_SERVICES: never shown as a tile, never probed. */
  readonly disabled: readonly Service[]
  readonly problems: readonly FileProblem[]
  /** A file is no YAML of this shape, so that nobody knows what is in it. */
  readonly unreadable: boolean
}

interface Sources {
  readonly base: SourceText | null
  readonly overrides: SourceText | null
  readonly cluster: Pick<Cluster, 'hosts'>
  /** Names out of DISABLED_SERVICES. */
  readonly disabled: readonly string[]
}

type Trouble = (field: string | null, message: string) => FileProblem
interface Found {
  readonly entry: ServiceEntry
  readonly trouble: Trouble
}

/** Joins what ships with what the owner adds or changes, by name: a field that an override has wins, the others stay. */
export function readServices({ base, overrides, cluster, disabled }: Sources): ServiceFiles {
  const files = [base, overrides].map(entriesOf)
  const problems = files.flatMap((file) => file.problems)
  const known = new Map<string, Found>()
  for (const file of files)
    for (const { entry, trouble } of file.found) known.set(entry.name, { entry: { ...known.get(entry.name)?.entry, ...entry }, trouble })
  const off = new Set(disabled.map((name) => name.toLowerCase()))
  const resolved = [...known.values()].flatMap(({ entry, trouble }) => {
    const service = resolve(entry, cluster, trouble)
    if ('problem' in service) problems.push(service.problem)
    return 'problem' in service ? [] : [{ service, enabled: entry.enabled !== false && !off.has(entry.name) }]
  })
  const those = (wanted: boolean): Service[] => resolved.filter(({ enabled }) => enabled === wanted).map(({ service }) => service)
  return { services: those(true), disabled: those(false), problems, unreadable: files.some((file) => file.unreadable) }
}

function entriesOf(source: SourceText | null): { found: Found[]; problems: FileProblem[]; unreadable: boolean } {
  if (source === null) return { found: [], problems: [], unreadable: false }
  const file = parseYamlFile(source.file, source.text, ServicesFile)
  if (!file.ok) return { found: [], problems: [...file.problems], unreadable: true }
  const found: Found[] = []
  const problems: FileProblem[] = []
  for (const [i, given] of (file.value.services ?? []).entries()) {
    const fits = ServiceEntry.safeParse(given)
    if (!fits.success) problems.push(...fits.error.issues.slice(0, 3).map((issue) => located(issue, i, file.locate)))
    else if (found.some(({ entry }) => entry.name === fits.data.name))
      problems.push(file.locate(['services', i, 'name'], `two services are called ${fits.data.name}: this one is passed over`))
    else found.push({ entry: fits.data, trouble: (field, message) => file.locate(['services', i, ...(field === null ? [] : [field])], message) })
  }
  return { found, problems, unreadable: false }
}

type Issue = Parameters<typeof issueWords>[0]

const located = (issue: Issue, i: number, locate: Locate): FileProblem =>
  issue.code === 'unrecognized_keys'
    ? locate(['services', i, ...issue.path, issue.keys[0] ?? ''], 'no such field')
    : locate(['services', i, ...issue.path], issueWords(issue))

function resolve(entry: ServiceEntry, { hosts }: Pick<Cluster, 'hosts'>, trouble: Trouble): Service | { readonly problem: FileProblem } {
  const { name, kind } = entry
  if (kind === undefined) return { problem: trouble(null, `${name} is new and needs a kind`) }
  const host = hosts.find((one) => one.name === entry.host)
  if (entry.host !== undefined && host === undefined) return { problem: trouble('host', `no host is called ${entry.host}`) }
  const address = entry.address ?? host?.address
  if (address === undefined) return { problem: trouble(null, `${name} needs a host of cluster.yaml, or an address`) }
  const scheme = entry.scheme ?? 'http'
  const port = entry.port ?? (kind === 'http' && scheme === 'https' ? 443 : kindOf(kind).port)
  if (port === null) return { problem: trouble(null, `${name} needs a port: ${kind} has no usual one`) }
  if (entry.container !== undefined && host === undefined)
    return { problem: trouble('container', `${name} needs a host of cluster.yaml: only there a container can be restarted`) }
  return {
    ...{ name, kind, host: host?.name ?? null, address, port, scheme },
    path: entry.path ?? null,
    container: entry.container ?? null,
    sshUser: entry.ssh_user ?? null,
    apiKeyFile: entry.api_key_file ?? null,
    description: entry.description ?? null,
  }
}
