import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { HostDisk } from './disk.ts'

const standIns = join(import.meta.dirname, 'stand-ins')

/** Commands that would change this machine itself, were it found behind the stand-ins. */
const notSimulated = ['apt', 'apt-get', 'dpkg', 'fwupdmgr', 'systemctl', 'sysctl', 'mount', 'umount', 'snap', 'podman']

/** Model weights on a host: all there, or a download that was broken off. */
export interface StoredModel {
  readonly model: string
  readonly complete: boolean
}

/** Puts on a host's disk what a Spark has after setting up: commands, launcher, weights. What is there already stays. */
export function seed(disk: HostDisk, models: readonly StoredModel[]): void {
  for (const name of ['sudo', 'df', 'kill']) install(name, join(disk.bin, name))
  for (const name of ['nvidia-smi', 'kill-simulated', 'reboot', 'shutdown', 'poweroff']) install('tool', join(disk.bin, name))
  for (const name of notSimulated) install('not-simulated', join(disk.bin, name))
  install('tool', join(disk.dockerBin, 'docker'))
  install('tool', join(disk.containerBin, 'vllm'))
  const launcher = join(disk.home, 'spark-vllm-docker')
  mkdirSync(launcher, { recursive: true })
  install('launch-cluster.sh', join(launcher, 'launch-cluster.sh'))
  link(join(disk.dir, 'home', 'spark-vllm-docker'), disk.path('/opt/spark-vllm-docker'))
  disk.write('/etc/dgx-release', 'DGX_NAME="DGX Spark"\nDGX_PRETTY_NAME="NVIDIA DGX Spark"\nDGX_SWBUILD_VERSION="7.2.3"\nDGX_OTA_VERSION="7.3.1"\n')
  for (const stored of models) storeModel(disk, stored)
}

/** Puts a model's (tiny) files where vLLM looks for them: a path, or the Hugging Face cache with its blobs and snapshots. */
export function storeModel(disk: HostDisk, { model, complete }: StoredModel): void {
  if (model.startsWith('/')) return writeModel(disk.path(model), complete)
  const repo = join(disk.home, '.cache/huggingface/hub', `models--${model.replaceAll('/', '--')}`)
  const revision = createHash('sha1').update(model).digest('hex')
  mkdirSync(join(repo, 'refs'), { recursive: true })
  mkdirSync(join(repo, 'blobs'), { recursive: true })
  writeFileSync(join(repo, 'refs', 'main'), revision)
  writeModel(join(repo, 'snapshots', revision), complete)
  if (!complete) writeFileSync(join(repo, 'blobs', `${createHash('sha256').update(model).digest('hex')}.incomplete`), '')
}

function writeModel(dir: string, complete: boolean): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'config.json'), '{"architectures": ["DemoForCausalLM"]}\n')
  writeFileSync(
    join(dir, 'model.safetensors.index.json'),
    '{"metadata": {"total_size": 0}, "weight_map": {"lm_head.weight": "model-00001-of-00001.safetensors"}}\n',
  )
  if (complete) writeFileSync(join(dir, 'model-00001-of-00001.safetensors'), 'no weights: this Spark is simulated\n')
}

/** Copied, not linked: its own place tells a stand-in which host it belongs to. */
function install(standIn: string, to: string): void {
  cpSync(join(standIns, standIn), to)
  chmodSync(to, 0o755)
}

function link(to: string, at: string): void {
  if (existsSync(at)) return
  rmSync(at, { force: true })
  symlinkSync(to, at)
}
