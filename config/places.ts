import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where everything lies. Absolute paths. Fixed for the life of a process; what the files say is read again when they change. */
export interface Places {
  readonly demo: boolean
  readonly dataDir: string
  readonly configDir: string
  readonly keysDir: string
  readonly logsDir: string
  readonly auditDir: string
  readonly telemetryDir: string
  /** The catalog that ships with the project: used where the config directory has no models.yaml of its own. */
  readonly shippedModels: string
  /** Where the owner's own cluster is kept while the demo runs; left out, it is the one that runs. */
  readonly own?: OwnPlaces
}

/** The place of a real cluster's files. */
export interface OwnPlaces {
  readonly configDir: string
  readonly keysDir: string
  /** Who started this process starts it anew, out of the demo, as soon as there is a cluster.yaml. */
  readonly leavesDemo: boolean
}

/** Where set-up writes to: never into the demo. */
export const ownPlaces = ({ own, configDir, keysDir }: Places): OwnPlaces => own ?? { configDir, keysDir, leavesDemo: false }

const projectDir = resolve(import.meta.dirname, '..')

/**
 * Finds the directories. The demo cluster applies with SPARK_DEMO=1, or where no cluster.yaml is and this data directory never knew a real
 * cluster: a lost cluster.yaml must not let simulated Sparks answer for real ones (DESIGN.md §7).
 */
export function placesFrom(env: Readonly<Record<string, string | undefined>>): Places {
  const dataDir = resolve(projectDir, word(env['SPARK_DATA_DIR']) ?? 'data')
  const realConfigDir = resolve(projectDir, word(env['SPARK_CONFIG_DIR']) ?? join(dataDir, 'config'))
  const demo =
    /^(1|true|yes)$/i.test(word(env['SPARK_DEMO']) ?? '') ||
    (!existsSync(join(realConfigDir, 'cluster.yaml')) && !existsSync(knownClusterFile(dataDir)))
  const root = demo ? join(dataDir, 'demo') : dataDir
  return {
    demo,
    dataDir,
    configDir: demo ? join(root, 'config') : realConfigDir,
    keysDir: join(root, 'keys'),
    logsDir: join(root, 'logs'),
    auditDir: join(root, 'audit'),
    telemetryDir: join(root, 'telemetry'),
    shippedModels: join(projectDir, 'config', 'models.yaml'),
    ...(demo ? { own: { configDir: realConfigDir, keysDir: join(dataDir, 'keys'), leavesDemo: word(env['SPARK_LEAVES_DEMO']) === '1' } } : {}),
  }
}

/** Written once a real cluster.yaml was read: from then on its loss is an error, not a demo. */
export const knownClusterFile = (dataDir: string): string => join(dataDir, 'known-cluster')

const word = (text: string | undefined): string | undefined => (text === undefined || text.trim() === '' ? undefined : text.trim())
