import { join, resolve } from 'node:path'
import type { PartSpec } from './part.ts'
import { TEMPORAL_VERSION } from '../bootstrap/temporal-cli.mjs'
import { dashboardUrl, type Plan } from './plan.ts'
import { accepts, answersOk, saysReady } from './readiness.ts'

const project = resolve(import.meta.dirname, '../..')
/** On a Spark, memory is the GPU's: a small young generation saves some 20 MB in each of the two, for a little more work in the collector. */
const lean = '--max-semi-space-size=4'
/** Together below the 10 s that a Ctrl-C may take. */
const stopLimitsMs = { api: 1_500, worker: 5_000, demo: 1_500, temporal: 1_500 }

/** The parts of Spark Control on one machine, stage by stage. `temporalCli` is null when the server is somebody else's. */
export function partsOf(plan: Plan, temporalCli: string | null, env: NodeJS.ProcessEnv): PartSpec[][] {
  const own = { ...childEnv(plan, env), SPARK_SUPERVISED: '1' }
  const node = (name: 'api' | 'worker' | 'demo', args: string[]) => ({
    name,
    command: process.execPath,
    args,
    env: own,
    cwd: project,
    stopLimitMs: stopLimitsMs[name],
  })
  const ground: PartSpec[] = []
  if (temporalCli !== null) ground.push(temporal(plan, temporalCli, env))
  if (plan.places.demo) ground.push({ ...node('demo', ['demo/start.ts', '--dir', join(plan.places.dataDir, 'demo')]), ready: saysReady })
  return [
    ground,
    [
      node('worker', [lean, 'worker.ts']),
      { ...node('api', [lean, 'api/server.ts']), ready: (_part, signal) => answersOk(`${dashboardUrl(plan)}/readyz`, signal) },
    ],
  ]
}

/** The version is in the file's name: the server does not migrate the file of another version. */
function temporal(plan: Plan, cli: string, env: NodeJS.ProcessEnv): PartSpec {
  const record = join(plan.places.dataDir, `temporal-${TEMPORAL_VERSION}.db`)
  const ports = ['--port', String(plan.temporalPort), '--ui-port', String(plan.temporalUiPort)]
  return {
    name: 'temporal',
    command: cli,
    args: ['server', 'start-dev', '--db-filename', record, '--ip', '127.0.0.1', ...ports, '--namespace', plan.namespace, ...quietness],
    env: withoutTemporal(env),
    cwd: project,
    stopLimitMs: stopLimitsMs.temporal,
    quiet: true,
    ready: (_part, signal) => accepts('127.0.0.1', plan.temporalPort, signal),
  }
}

const quietness = ['--log-level', 'warn', '--log-format', 'json', '--ui-disable-news-fetch']

/**
 * What worker, API and demo see. The places are absolute and decided once, so that all parts agree. For our own server, the user's settings
 * for another one (TLS, API key, profile file) are left out: they would be used against it.
 */
function childEnv(plan: Plan, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const shared = plan.foreignTemporal === null ? { ...withoutTemporal(env), ...embedded(plan) } : env
  return { ...shared, SPARK_DATA_DIR: plan.places.dataDir, ...(plan.places.demo ? demoEnv(plan) : { SPARK_CONFIG_DIR: plan.places.configDir }) }
}

const demoEnv = (plan: Plan): NodeJS.ProcessEnv => ({ SPARK_DEMO: '1', ...(plan.leavesDemo ? { SPARK_LEAVES_DEMO: '1' } : {}) })

function embedded(plan: Plan): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: `127.0.0.1:${plan.temporalPort}`,
    TEMPORAL_NAMESPACE: plan.namespace,
    TEMPORAL_PORT: String(plan.temporalPort),
    TEMPORAL_UI_PORT: String(plan.temporalUiPort),
  }
}

function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')))
}
