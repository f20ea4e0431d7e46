import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { placesFrom } from '../config/places.ts'
import { targetOf } from './trust/target.ts'
import { processTerminal } from './trust/terminal.ts'
import { trustHost } from './trust/trust-host.ts'

const usage = `usage: npm run trust -- <host> [--takeover] [--yes]

  <host>      its name in cluster.yaml, or [user@]address[:port]
  --takeover  the host belonged to another cluster and is ours now
  --yes       the fingerprint has been compared: pin it without asking`

/** Exit codes: 0 the host is ready, 1 something is missing (and said), 2 the request makes no sense. */
async function main(argv: string[]): Promise<number> {
  const terminal = processTerminal()
  const request = readArguments(argv)
  if (request === null) {
    terminal.say(usage)
    return 2
  }
  const places = placesFrom(process.env)
  const { cluster, ...state } = loadConfig(places, process.env)
  const clusterFile = join(places.configDir, 'cluster.yaml')
  if (cluster === null && state.kind === 'unready' && state.code === 'config_invalid') {
    terminal.say(`${clusterFile} has an error:\n${state.message}`)
    return 2
  }
  terminal.say(cluster === null ? `There is no ${clusterFile} yet.` : `Cluster ${cluster.clusterId}, as in ${clusterFile}`)
  if (places.demo) terminal.say('These are the simulated Sparks of the demo. For real ones write a cluster.yaml first: README tells how.')
  const target = targetOf(request.word, cluster)
  if (target === null || (places.demo && !target.inCluster)) {
    terminal.say(`There is no host ${request.word}. Known: ${cluster?.hosts.map((host) => host.name).join(', ') ?? 'none'}.`)
    return 2
  }
  const ready = await trustHost({ ...target, cluster, keysDir: places.keysDir, takeover: request.takeover, yes: request.yes, terminal })
  return ready ? 0 : 1
}

function readArguments(argv: string[]): { word: string; takeover: boolean; yes: boolean } | null {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { takeover: { type: 'boolean', default: false }, yes: { type: 'boolean', default: false } },
    })
    const [word, ...more] = positionals
    return word === undefined || more.length > 0 ? null : { word, ...values }
  } catch {
    return null
  }
}

process.exitCode = await main(process.argv.slice(2))
