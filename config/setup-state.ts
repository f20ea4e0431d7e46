import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { z } from 'zod'
import { readCatalog, type SourceText } from '../domain/catalog.ts'
import { ClusterFile, type Cluster } from '../domain/cluster.ts'
import type { Existing } from '../domain/discovery/propose.ts'
import { setupFiles, type SetupFile } from '../domain/discovery/proposal.ts'
import { Problem } from '../domain/problem.ts'
import { ServiceEntry, ServicesFile } from '../domain/services/service.ts'
import { resolveSettings } from '../domain/settings.ts'
import { parseYamlFile, showProblem } from '../domain/yaml-file.ts'
import { baseCatalog } from './load.ts'
import { ownPlaces, type Places } from './places.ts'

/** The owner's files as set-up finds them, and a mark of just this state. */
export interface SetupState {
  readonly existing: Existing
  /** Another one as soon as one of the files changed. */
  readonly stamp: string
}

/** Reads what the owner's files have already. Throws `config_invalid` for a cluster.yaml that cannot be read: nothing may be added to it. */
export function setupState(places: Places): SetupState {
  const texts = textsIn(places)
  const source = texts['cluster.yaml']
  const file = source === null ? null : parseYamlFile('cluster.yaml', source, ClusterFile)
  if (file !== null && !file.ok) throw new Problem('config_invalid', file.problems.map(showProblem).join('; '))
  const cluster = file === null ? null : file.value
  return {
    existing: {
      cluster: cluster === null ? null : { clusterId: cluster.cluster_id, hosts: cluster.hosts },
      models: catalogOf(places, texts['models-overrides.yaml'], placeholder(cluster?.hosts.map(({ name }) => name) ?? [])),
      overridden: keysOf(texts['models-overrides.yaml']),
      services: servicesIn(texts['services-overrides.yaml']),
    },
    stamp: stampOf(texts),
  }
}

export type SetupTexts = Readonly<Record<SetupFile, string | null>>

export function textsIn(places: Places): SetupTexts {
  const { configDir } = ownPlaces(places)
  const [cluster, models, services] = setupFiles.map((file) => textOf(join(configDir, file)))
  return { 'cluster.yaml': cluster ?? null, 'models-overrides.yaml': models ?? null, 'services-overrides.yaml': services ?? null }
}

export const stampOf = (texts: SetupTexts): string =>
  createHash('sha256')
    .update(JSON.stringify(setupFiles.map((file) => texts[file])))
    .digest('hex')
    .slice(0, 32)

/** The catalog that the overrides change, where the owner keeps it. */
export const ownCatalog = (places: Places): SourceText | null => baseCatalog({ ...places, configDir: ownPlaces(places).configDir })

/** What ships, and what the owner changed as far as it can be read. */
function catalogOf(places: Places, overrides: string | null, cluster: Cluster): Existing['models'] {
  const base = ownCatalog(places)
  if (base === null) return []
  const { settings } = resolveSettings({}, {})
  const whole = readCatalog(base, overrides === null ? null : { file: 'models-overrides.yaml', text: overrides }, cluster, settings)
  if (whole.ok) return whole.models.values()
  const shipped = readCatalog(base, null, cluster, settings)
  return shipped.ok ? shipped.models.values() : []
}

/** Hosts by name alone: enough to read a catalog by. */
const placeholder = (names: readonly string[]): Cluster => ({
  clusterId: 'home',
  demo: false,
  hosts: (names.length === 0 ? ['spark'] : names).map((name) => ({
    ...{ name, address: name, port: 22, user: 'spark', vllmPort: 8888, stateDir: '~', launcherDir: '~', hfCache: '~', container: null },
    ...{ extraDockerArgs: null, fabricAddress: null, ethIf: null, ibIf: null, modelRoots: ['~'] },
  })),
  defaultPlacement: [names[0] ?? 'spark'],
  container: 'vllm_node',
})

function keysOf(text: string | null): string[] {
  const models = text === null ? null : parseDocument(text).get('models')
  return isMap(models) ? models.items.map(({ key }) => String(key)) : []
}

function servicesIn(text: string | null): Existing['services'] {
  const file = text === null ? null : parseYamlFile('services-overrides.yaml', text, ServicesFile)
  const entries = z
    .array(z.unknown())
    .catch([])
    .parse(file?.ok === true ? file.value.services : [])
  return entries.flatMap((entry) => {
    const fits = ServiceEntry.safeParse(entry)
    return fits.success ? [{ name: fits.data.name, host: fits.data.host ?? null, port: fits.data.port ?? 0 }] : []
  })
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
    throw error
  }
}
