import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fabricInterfaces } from './fabric/interfaces.ts'
import type { HostDisk } from './disk.ts'

const standIns = join(import.meta.dirname, 'stand-ins', 'spark-vllm-docker')

/** Which spark-vllm-docker a host has. `unheard-of`: one from years ahead. `none`: it was never cloned. */
export const launcherGenerations = ['january', 'summer', 'autumn', 'unheard-of', 'none'] as const
export type LauncherGeneration = (typeof launcherGenerations)[number]

/** launch-cluster.sh of that time, whole. */
function launcherText(generation: Exclude<LauncherGeneration, 'none'>): string {
  const own = readFileSync(join(standIns, `${generation}.sh`), 'utf8')
  return generation === 'january' || generation === 'unheard-of' ? own : own + readFileSync(join(standIns, 'cluster.sh'), 'utf8')
}

/** Puts spark-vllm-docker into the home, over whatever was there of another time. What its owner added stays. */
export function installLauncher(disk: HostDisk, generation: LauncherGeneration): void {
  const dir = join(disk.home, 'spark-vllm-docker')
  for (const name of ['launch-cluster.sh', 'hf-download.sh', 'run-recipe.sh', 'build-and-copy.sh']) rmSync(join(dir, name), { force: true })
  if (generation === 'none') return rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeScript(join(dir, 'launch-cluster.sh'), launcherText(generation))
  copyScript('hf-download.sh', dir)
  if (generation === 'january' || generation === 'unheard-of') return
  copyScript('run-recipe.sh', dir)
  for (const folder of ['recipes', 'mods/fix-demo', 'examples']) mkdirSync(join(dir, folder), { recursive: true })
  copyFileSync(join(standIns, 'recipes', 'demo-qwen3.yaml'), join(dir, 'recipes', 'demo-qwen3.yaml'))
  copyFileSync(join(standIns, 'recipes', 'demo-two-nodes.yaml'), join(dir, 'recipes', 'demo-two-nodes.yaml'))
  writeScript(join(dir, 'mods/fix-demo/run.sh'), '#!/bin/bash\nset -e\necho "mod fix-demo applied"\n')
  writeScript(join(dir, 'examples/vllm-demo.sh'), '#!/bin/bash\nvllm serve nvidia/Qwen3.6-35B-A3B-NVFP4 --port 8000 --gpu-memory-utilization 0.7\n')
}

/** The launcher's `.env`, as its `--setup` leaves it: this node, and all of them. */
export function writeClusterEnv(disk: HostDisk, own: string, all: readonly string[]): void {
  const dir = join(disk.home, 'spark-vllm-docker')
  mkdirSync(dir, { recursive: true })
  const rows = {
    CLUSTER_NODES: all.join(','),
    COPY_HOSTS: all.filter((address) => address !== own).join(','),
    LOCAL_IP: own,
    ETH_IF: fabricInterfaces.ethernet,
    IB_IF: fabricInterfaces.infiniband,
  }
  const text = Object.entries(rows).map(([key, value]) => `${key}="${value}"\n`)
  writeFileSync(join(dir, '.env'), text.join(''))
}

function copyScript(name: string, dir: string): void {
  writeScript(join(dir, name), readFileSync(join(standIns, name), 'utf8'))
}

function writeScript(file: string, text: string): void {
  writeFileSync(file, text)
  chmodSync(file, 0o755)
}
