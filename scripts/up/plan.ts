import { join } from 'node:path'
import { placesFrom, type Places } from '../../config/places.ts'
import { resolveSettings } from '../../domain/settings.ts'
import type { WantedPort } from './port.ts'

/** Everything that `npm start` decides before it starts anything. */
export interface Plan {
  readonly places: Places
  /** The demo runs because there is no cluster yet: it makes room as soon as there is one. */
  readonly leavesDemo: boolean
  readonly listen: { readonly host: string; readonly port: number }
  /** The address of somebody else's Temporal server; null when we run our own. */
  readonly foreignTemporal: string | null
  readonly temporalPort: number
  readonly temporalUiPort: number
  readonly namespace: string
  /** What was wrong with the settings, a line each; the defaults are used instead. */
  readonly complaints: readonly string[]
}

/** Blank means not set. */
const filled = (text: string | undefined): string | null => (text === undefined || text.trim() === '' ? null : text.trim())

type Env = Readonly<Record<string, string | undefined>>

/** The settings that count here: cluster.yaml can name none of them. */
const ours: readonly string[] = ['listen', 'demo', 'temporal_port', 'temporal_ui_port']

/** Reads the environment (DESIGN.md §7). Never throws: a bad value is a complaint, and its default is used. */
export function planFrom(env: Env): Plan {
  const { settings, refused } = resolveSettings({}, env)
  const colon = settings.listen.lastIndexOf(':')
  const places = placesFrom(env)
  return {
    places,
    leavesDemo: places.demo && !settings.demo,
    listen: { host: settings.listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(settings.listen.slice(colon + 1)) },
    foreignTemporal: filled(env['TEMPORAL_ADDRESS']),
    temporalPort: settings.temporal_port,
    temporalUiPort: settings.temporal_ui_port,
    namespace: filled(env['TEMPORAL_NAMESPACE']) ?? 'default',
    complaints: refused
      .filter(({ setting }) => ours.includes(setting))
      .map(({ source, value, reason, used }) => `${source}="${value}" is not valid (${reason}); ${used} is used`),
  }
}

/** The ports that must be free before anything is started. */
export function portsOf(plan: Plan): WantedPort[] {
  const api = { ...plan.listen, what: 'The dashboard', setting: `SPARK_LISTEN (now ${plan.listen.host}:${plan.listen.port})` }
  if (plan.foreignTemporal !== null) return [api]
  return [
    api,
    { host: '127.0.0.1', port: plan.temporalPort, what: "Temporal's server", setting: `TEMPORAL_PORT (now ${plan.temporalPort})` },
    { host: '127.0.0.1', port: plan.temporalUiPort, what: "Temporal's web page", setting: `TEMPORAL_UI_PORT (now ${plan.temporalUiPort})` },
  ]
}

/** Where a browser on this machine finds the dashboard: an address that means "all" is reached by the loopback. */
export function dashboardUrl({ listen: { host, port } }: Plan): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

export const partLogsDir = ({ places }: Plan): string => join(places.dataDir, 'logs')
