import { createHash } from 'node:crypto'
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of a model. */
export interface RepoFile {
  readonly name: string
  /** Null: as many as `bytes` says, all zero. */
  readonly text: string | null
  readonly bytes: number
  /** Its blob's name in the cache. */
  readonly etag: string
}

const shards = 3

/** The files of a model: what describes it, and weights of `bytes` bytes in all. */
export function filesOf(model: string, bytes: number): RepoFile[] {
  const shardNames = Array.from({ length: shards }, (_, at) => `model-0000${String(at + 1)}-of-0000${String(shards)}.safetensors`)
  const index = {
    metadata: { total_size: bytes },
    weight_map: Object.fromEntries(shardNames.map((name, at) => [`model.layers.${String(at)}.weight`, name])),
  }
  const config = { architectures: ['DemoForCausalLM'], model_type: 'demo', torch_dtype: 'bfloat16', num_hidden_layers: shards }
  return [
    described('config.json', config),
    described('tokenizer_config.json', { model_max_length: 131_072 }),
    described('model.safetensors.index.json', index),
    ...shardNames.map((name) => ({ name, text: null, bytes: Math.ceil(bytes / shards), etag: hash('sha256', `${model}/${name}`) })),
  ]

  function described(name: string, content: object): RepoFile {
    const text = `${JSON.stringify(content, null, 2)}\n`
    return { name, text, bytes: Buffer.byteLength(text), etag: hash('sha1', text) }
  }
}

/** Where a repository lies in the Hugging Face cache below this folder. */
export function repoDir(hub: string, model: string): string {
  return join(hub, `models--${model.replaceAll('/', '--')}`)
}

export function revisionOf(model: string): string {
  return hash('sha1', model)
}

/** The frame of a repository in the cache, without its files. */
export function makeRepo(repo: string, model: string): void {
  for (const dir of ['refs', 'blobs', `snapshots/${revisionOf(model)}`]) mkdirSync(join(repo, dir), { recursive: true })
  writeFileSync(join(repo, 'refs', 'main'), revisionOf(model))
}

/** Names a blob that is whole in the snapshot. */
export function nameInSnapshot(repo: string, model: string, { name, etag }: RepoFile): void {
  const link = join(repo, 'snapshots', revisionOf(model), name)
  if (existsSync(link)) return
  rmSync(link, { force: true })
  symlinkSync(`../../blobs/${etag}`, link)
}

/** Writes a whole file; weights take no room on this machine's disk, whatever their size. */
export function writeWhole(path: string, file: RepoFile): void {
  if (file.text !== null) return writeFileSync(path, file.text)
  const descriptor = openSync(path, 'w')
  ftruncateSync(descriptor, file.bytes)
  closeSync(descriptor)
}

function hash(kind: 'sha1' | 'sha256', text: string): string {
  return createHash(kind).update(text).digest('hex')
}
