import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { readCatalog, type Origin, type SourceText } from '../domain/catalog.ts'
import { ClusterFile, type Cluster } from '../domain/cluster.ts'
import type { Model } from '../domain/model.ts'
import { resolveSettings, type RefusedSetting, type SettingSources, type Settings } from '../domain/settings.ts'
import { parseYamlFile, showProblem } from '../domain/yaml-file.ts'
import { knownClusterFile, type Places } from './places.ts'

export type ConfigState =
  | {
      readonly kind: 'ready'
      readonly cluster: Cluster
      readonly models: ReadonlyMap<string, Model>
      readonly origins: ReadonlyMap<string, Origin>
      readonly settings: Settings
      readonly sources: SettingSources
      readonly refused: readonly RefusedSetting[]
      readonly warnings: readonly string[]
    }
  | {
      readonly kind: 'unready'
      readonly code: 'not_configured' | 'config_invalid'
      /** One line a problem: `models.yaml:12:5 models.qwen.repo: …` */
      readonly message: string
      /** The cluster, where cluster.yaml itself is fine. */
      readonly cluster: Cluster | null
      readonly settings: Settings
      readonly sources: SettingSources
      readonly refused: readonly RefusedSetting[]
      readonly warnings: readonly string[]
    }

export interface ConfigSource {
  readonly places: Places
  /** What the files say now. Read again when one of them changed; else the same object. */
  read(): ConfigState
  /** The same, whatever was seen before: for a change, which begins with what the files say now, and ends with what they say then. */
  reread(): ConfigState
}

type Env = Readonly<Record<string, string | undefined>>

/** A configuration that follows its files: a mended file is taken up by itself, by its time and size. */
export function configSource(places: Places, env: Env): ConfigSource {
  let seen = ''
  let state: ConfigState | null = null
  const files = [
    join(places.configDir, 'cluster.yaml'),
    join(places.configDir, 'models.yaml'),
    join(places.configDir, 'models-overrides.yaml'),
    places.shippedModels,
  ]
  const read = (): ConfigState => {
    const now = files.map(stampOf).join()
    if (state === null || now !== seen) {
      state = loadConfig(places, env)
      seen = now
      if (state.kind === 'ready' && !places.demo) rememberCluster(places, state.cluster)
    }
    return state
  }
  const reread = (): ConfigState => {
    state = null // a second change in the same moment may leave time and size as they were
    return read()
  }
  return { places, read, reread }
}

/** Reads and checks all configuration files once. Never throws for what the owner wrote: a bad file is a state with words. */
export function loadConfig(places: Places, env: Env): ConfigState {
  const source = textOf(join(places.configDir, 'cluster.yaml'), 'cluster.yaml')
  if (source === null) {
    const { settings, sources, refused } = resolveSettings({}, env)
    const message = `there is no cluster.yaml in ${places.configDir}`
    return { kind: 'unready', code: 'not_configured', message, cluster: null, settings, sources, refused, warnings: [] }
  }
  const file = parseYamlFile(source.file, source.text, ClusterFile)
  if (!file.ok) {
    const { settings, sources, refused } = resolveSettings({}, env)
    return {
      kind: 'unready',
      code: 'config_invalid',
      message: file.problems.map(showProblem).join('\n'),
      cluster: null,
      settings,
      sources,
      refused,
      warnings: [],
    }
  }
  const { settings, sources, refused, unknown } = resolveSettings(file.value.settings ?? {}, env)
  const warnings = unknown.map((name) => showProblem(file.locate(['settings', name], 'no such setting; it is passed over')))
  const cluster = clusterIn(file.value, settings, places.demo)
  const base = baseCatalog(places)
  if (base === null)
    return { kind: 'unready', code: 'config_invalid', message: 'models.yaml is missing', cluster, settings, sources, refused, warnings }
  const overrides = textOf(join(places.configDir, 'models-overrides.yaml'), 'models-overrides.yaml')
  const catalog = readCatalog(base, overrides, cluster, settings)
  if (!catalog.ok) {
    return {
      kind: 'unready',
      code: 'config_invalid',
      message: catalog.problems.map(showProblem).join('\n'),
      cluster,
      settings,
      sources,
      refused,
      warnings,
    }
  }
  return { kind: 'ready', cluster, models: catalog.models, origins: catalog.origins, settings, sources, refused, warnings }
}

/** The cluster that a cluster.yaml describes, defaults filled in. */
export const clusterIn = (file: z.output<typeof ClusterFile>, settings: Settings, demo: boolean): Cluster => ({
  clusterId: file.cluster_id,
  demo,
  hosts: file.hosts.map((host) => ({
    name: host.name,
    address: host.address,
    port: host.port,
    user: host.user,
    vllmPort: host.vllm_port ?? settings.vllm_port,
    stateDir: host.state_dir,
    launcherDir: host.launcher_dir,
    hfCache: host.hf_cache,
    container: host.container ?? null,
    extraDockerArgs: host.extra_docker_args ?? null,
    fabricAddress: host.fabric_address ?? null,
    ethIf: host.eth_if ?? null,
    ibIf: host.ib_if ?? null,
    modelRoots: host.model_roots,
  })),
  defaultPlacement: file.default_placement ?? file.hosts.slice(0, 1).map((host) => host.name),
  container: settings.vllm_container,
})

/** The catalog that overrides change: the owner's models.yaml, else the one that ships. */
export const baseCatalog = (places: Places): SourceText | null =>
  textOf(join(places.configDir, 'models.yaml'), 'models.yaml') ?? textOf(places.shippedModels, 'config/models.yaml')

function rememberCluster(places: Places, cluster: Cluster): void {
  const file = knownClusterFile(places.dataDir)
  if (stampOf(file) !== '') return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${cluster.clusterId}\nThis data directory belongs to a real cluster: without its cluster.yaml nothing is simulated.\n`)
}

function textOf(path: string, file: string): SourceText | null {
  try {
    return { file, text: readFileSync(path, 'utf8') }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path)
    return `${String(mtimeMs)}/${String(size)}/${String(ino)}`
  } catch (error) {
    if (isMissing(error)) return ''
    throw error
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
