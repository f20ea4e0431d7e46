import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { DemoModel } from './catalog.ts'
import type { DemoHost } from './host.ts'
import type { DemoService } from './services.ts'

/** Writes what a control plane needs to know of these hosts: `config/cluster.yaml`, `models.yaml` and `services-overrides.yaml`, and `keys/known_hosts`. */
export function writeConfig(dir: string, hosts: readonly DemoHost[], models: readonly DemoModel[], services: readonly DemoService[]): void {
  mkdirSync(join(dir, 'config'), { recursive: true })
  mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 })
  write(join(dir, 'config', 'cluster.yaml'), `# Two simulated Sparks. Written anew at each start of the demo.\n${stringify(clusterFile(hosts))}`)
  write(
    join(dir, 'config', 'models.yaml'),
    `# The demo's catalog. Written anew at each start of the demo.\n${stringify({ models: modelsFile(models) })}`,
  )
  write(
    join(dir, 'config', 'services-overrides.yaml'),
    `# What runs beside the models in the demo. Written anew at each start of the demo.\n${stringify({ services: services.map(({ close: _, ...entry }) => entry) })}`,
  )
  write(join(dir, 'keys', 'known_hosts'), hosts.map((host) => `[127.0.0.1]:${String(host.sshPort)} ${host.hostKey}\n`).join(''))
}

/** A demo host as cluster.yaml has it. */
export function hostEntry({ name, sshPort, user, vllmPort, fabricAddress }: DemoHost): object {
  return { name, address: '127.0.0.1', port: sshPort, user, vllm_port: vllmPort, fabric_address: fabricAddress }
}

function clusterFile(hosts: readonly DemoHost[]): object {
  return {
    cluster_id: 'demo',
    hosts: hosts.map(hostEntry),
    default_placement: hosts.slice(0, 1).map((host) => host.name),
    settings: {},
  }
}

function modelsFile(models: readonly DemoModel[]): object {
  return Object.fromEntries(
    models.map(({ key, stored: _, ...entry }) => [key, { ...entry, launcher: entry.launcher ?? 'spark-vllm-docker', image: 'vllm-node' }]),
  )
}

/** At one blow: whoever reads meanwhile sees the old file or the new one. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
