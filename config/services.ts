import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import type { SourceText } from '../domain/catalog.ts'
import { readServices, type ServiceFiles } from '../domain/services/read-services.ts'
import type { Service } from '../domain/services/service.ts'
import { showProblem } from '../domain/yaml-file.ts'
import type { ConfigSource } from './load.ts'
import type { Places } from './places.ts'

/** All services as the files have them now. */
export interface ServiceSet {
  readonly services: readonly Service[]
  readonly disabled: readonly Service[]
  /** One line each: `services-overrides.yaml:4:5 services.0.port: …` */
  readonly problems: readonly string[]
}

const overridesFile = 'services-overrides.yaml'
const none: ServiceSet = { services: [], disabled: [], problems: [] }

/** services.yaml lies beside the catalog that ships. */
const basePath = (places: Places): string => join(dirname(places.shippedModels), 'services.yaml')

/** Follows the service files. Of a file that cannot be read the last good state holds, and its problem is told. */
class ServiceReader {
  readonly #config: ConfigSource
  #stamp = ''
  #set: ServiceSet = none
  #said = ''

  constructor(config: ConfigSource) {
    this.#config = config
  }

  read(log?: Pick<Logger, 'warn'>): ServiceSet {
    const { places } = this.#config
    const { cluster, settings } = this.#config.read()
    if (cluster === null) return none
    const [base, overrides] = [basePath(places), join(places.configDir, overridesFile)]
    const stamp = JSON.stringify([stampOf(base), stampOf(overrides), cluster.hosts, settings.disabled_services])
    if (stamp !== this.#stamp) {
      this.#set = attempted(this.#set, () => {
        const sources = { base: textOf(base, 'services.yaml'), overrides: textOf(overrides, overridesFile) }
        return kept(this.#set, readServices({ ...sources, cluster, disabled: settings.disabled_services }))
      })
      this.#stamp = stamp
    }
    const said = this.#set.problems.join('\n')
    if (said !== this.#said && said !== '') log?.warn(`services: ${said}`)
    if (log !== undefined) this.#said = said
    return this.#set
  }
}

/** A file that may not be read takes nothing with it. */
function attempted(before: ServiceSet, read: () => ServiceSet): ServiceSet {
  try {
    return read()
  } catch (error) {
    return { ...before, problems: [error instanceof Error ? error.message : String(error)] }
  }
}

function kept(before: ServiceSet, { services, disabled, problems, unreadable }: ServiceFiles): ServiceSet {
  const words = problems.map(showProblem)
  return unreadable ? { ...before, problems: words } : { services, disabled, problems: words }
}

const textOf = (path: string, file: string): SourceText | null => (stampOf(path) === '' ? null : { file, text: readFileSync(path, 'utf8') })

function stampOf(path: string): string {
  const known = statSync(path, { throwIfNoEntry: false })
  return known === undefined ? '' : [known.mtimeMs, known.ctimeMs, known.size, known.ino].map(String).join('/')
}

const readers = new WeakMap<ConfigSource, ServiceReader>()

/** The services as they are now. With a `log`, what is wrong with some of them is said there, once. */
export function servicesOf(config: ConfigSource, log?: Pick<Logger, 'warn'>): ServiceSet {
  const reader = readers.get(config) ?? new ServiceReader(config)
  readers.set(config, reader)
  return reader.read(log)
}
