import { existsSync, fstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { demoModels, pairModels } from './catalog.ts'
import { writeConfig } from './config-files.ts'
import { Fabric } from './fabric/fabric.ts'
import { furnishings } from './furnish.ts'
import { startDemoHost } from './host.ts'
import type { DemoHost } from './host.ts'
import { keepKey } from './keys.ts'
import { launcherGenerations } from './launcher.ts'
import { startServices } from './services.ts'

/**
 * `node demo/start.ts --dir <dir> [--load-s 5-20] [--time-scale 1] [--launcher autumn] [--spark-2 messy]`: two simulated Sparks, until told to stop or
 * left alone. `--launcher`: whose launch-cluster.sh they have; `--spark-1`, `--spark-2`: how they are furnished.
 */
const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    'load-s': { type: 'string', default: '5-20' },
    'time-scale': { type: 'string', default: '1' },
    launcher: { type: 'string', default: 'autumn' },
    'spark-1': { type: 'string', default: 'usual' },
    'spark-2': { type: 'string', default: 'usual' },
  },
})
const launcher = launcherGenerations.find((generation) => generation === values.launcher)
const furnished = [values['spark-1'], values['spark-2']].map((wanted) => furnishings.find((furnishing) => furnishing === wanted))
if (values.dir === undefined || launcher === undefined || furnished.includes(undefined)) {
  console.error(
    `usage: node demo/start.ts --dir <dir> [--load-s <seconds> | <from>-<to>] [--time-scale <factor>] [--launcher ${launcherGenerations.join('|')}] [--spark-1|--spark-2 ${furnishings.join('|')}]`,
  )
  process.exit(2)
}
const dir = resolve(values.dir)
mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 })
const client = keepKey(join(dir, 'keys', 'id_ed25519'), 'spark-control demo')

const fabric = new Fabric()
const hosts: DemoHost[] = []
for (const [at, name] of ['spark-1', 'spark-2'].entries()) {
  const before = portsOf(name) ?? { ssh_port: 2201 + at, vllm_port: 8801 + at }
  hosts.push(
    await startDemoHost({
      name,
      fabric,
      dir: join(dir, name),
      authorizedKeys: [client.publicKey],
      sshPort: before.ssh_port,
      vllmPort: before.vllm_port,
      load_s: range(values['load-s']),
      timeScale: Number(values['time-scale']),
      furnished: furnished[at] ?? 'usual',
      ...(furnished[at] === 'empty' ? {} : { launcher }),
    }),
  )
}
for (const host of hosts) writeFileSync(join(host.dir, 'ports.json'), JSON.stringify({ ssh_port: host.sshPort, vllm_port: host.vllmPort }))
const services = await startServices(hosts)
writeConfig(dir, hosts, [...demoModels, ...pairModels], services)
console.log(
  JSON.stringify({
    ready: true,
    hosts: hosts.map(({ name, sshPort, vllmPort, fingerprint }) => ({ name, ssh_port: sshPort, vllm_port: vllmPort, fingerprint })),
  }),
)

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), 1_300).unref()
  for (const service of services) service.close()
  await Promise.all(hosts.map((host) => host.close()))
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())

// Left alone: whoever started us holds the other end of our input, or is our parent.
const input = fstatSync(0)
if (input.isFIFO() || input.isSocket())
  process.stdin
    .on('end', () => void stop())
    .on('error', () => void stop())
    .resume()
const parent = process.ppid
setInterval(() => process.ppid !== parent && void stop(), 500).unref()

/** The ports of the last time, so that a cluster.yaml that somebody read stays true. */
function portsOf(name: string): { ssh_port: number; vllm_port: number } | null {
  const file = join(dir, name, 'ports.json')
  // Our own file, written below by the same program.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { ssh_port: number; vllm_port: number }) : null
}

function range(text: string): number | { min: number; max: number } {
  const [min = 0, max] = text.split('-').map(Number)
  return max === undefined ? min : { min, max }
}
