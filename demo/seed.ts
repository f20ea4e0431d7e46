import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from './disk.ts'
import { filesOf, makeRepo, nameInSnapshot, repoDir, writeWhole } from './hub/repo-files.ts'
import { keepKey } from './keys.ts'

const standIns = join(import.meta.dirname, 'stand-ins')

/** Commands that would change this machine itself, were it found behind the stand-ins. */
const notSimulated = ['apt', 'apt-get', 'dpkg', 'fwupdmgr', 'systemctl', 'sysctl', 'mount', 'umount', 'snap', 'podman']

/** Model weights on a host: all there, or a download that was broken off. */
export interface StoredModel {
  readonly model: string
  readonly complete: boolean
  /** How large its weights say they are; they take no room here. */
  readonly bytes?: number
}

const usualBytes = 300_000
const fromMachine = ['nvidia-smi', 'kill-simulated', 'reboot', 'shutdown', 'poweroff', 'ssh', 'rsync', 'ip', 'ss', 'ibdev2netdev', 'uvx', 'recipe']

/** Puts on a host's disk what a Spark has after setting up: commands, keys, weights. What is there already stays. */
export function seed(disk: HostDisk, models: readonly StoredModel[]): void {
  for (const name of ['sudo', 'df', 'kill']) install(name, join(disk.bin, name))
  for (const name of fromMachine) install('tool', join(disk.bin, name))
  for (const name of notSimulated) install('not-simulated', join(disk.bin, name))
  install('tool', join(disk.dockerBin, 'docker'))
  for (const name of ['vllm', 'ray', 'hf']) install('tool', join(disk.containerBin, name))
  mkdirSync(join(disk.home, '.ssh'), { recursive: true, mode: 0o700 })
  keepKey(join(disk.home, '.ssh', 'id_ed25519'), 'spark')
  link(join(disk.dir, 'home', 'spark-vllm-docker'), disk.path('/opt/spark-vllm-docker'))
  disk.write('/etc/dgx-release', 'DGX_NAME="DGX Spark"\nDGX_PRETTY_NAME="NVIDIA DGX Spark"\nDGX_SWBUILD_VERSION="7.2.3"\nDGX_OTA_VERSION="7.3.1"\n')
  for (const stored of models) storeModel(disk, stored)
}

/** Puts a model's files where vLLM looks for them: a path, or the Hugging Face cache with its blobs and snapshots. */
export function storeModel(disk: HostDisk, { model, complete, bytes = usualBytes }: StoredModel): void {
  const files = filesOf(model, bytes)
  const last = files.at(-1)
  const there = complete ? files : files.filter((file) => file !== last)
  if (model.startsWith('/')) {
    const dir = disk.path(model)
    mkdirSync(dir, { recursive: true })
    for (const file of there) writeWhole(join(dir, file.name), file)
    return
  }
  const repo = repoDir(join(disk.home, '.cache/huggingface/hub'), model)
  makeRepo(repo, model)
  for (const file of there) {
    writeWhole(join(repo, 'blobs', file.etag), file)
    nameInSnapshot(repo, model, file)
  }
  if (last && !complete) writeWhole(join(repo, 'blobs', `${last.etag}.incomplete`), { ...last, bytes: Math.floor(last.bytes / 3) })
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
