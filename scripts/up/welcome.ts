import { z } from 'zod'
import { dashboardUrl, partLogsDir, type Plan } from './plan.ts'

const Status = z.looseObject({ cluster: z.string() })

/** What to tell when everything serves: where to look, and whose GPUs these are. */
export async function welcome(plan: Plan): Promise<string[]> {
  const temporal = plan.foreignTemporal === null ? `http://127.0.0.1:${plan.temporalUiPort}` : `the server at ${plan.foreignTemporal} has its own`
  return [
    '',
    'Spark Control is ready.',
    `  Dashboard    ${dashboardUrl(plan)}`,
    `  Temporal UI  ${temporal}`,
    `  Cluster      ${await clusterOf(plan)}`,
    `  Logs         ${partLogsDir(plan)}`,
    'Ctrl-C ends it all.',
  ]
}

async function clusterOf(plan: Plan): Promise<string> {
  if (plan.places.demo) return 'demo: two simulated Sparks on this machine (a cluster.yaml makes it real)'
  const from = `cluster.yaml in ${plan.places.configDir}`
  try {
    const answer = await fetch(`${dashboardUrl(plan)}/api/status`, { signal: AbortSignal.timeout(3_000) })
    return `${Status.parse(await answer.json()).cluster} (${from})`
  } catch {
    return from
  }
}
