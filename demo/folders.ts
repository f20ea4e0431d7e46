import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { HostDisk } from './disk.ts'

const config = '{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16"}\n'
const index = (shards: readonly string[]): string =>
  `${JSON.stringify({ metadata: { total_size: 30_000 }, weight_map: Object.fromEntries(shards.map((shard, at) => [`layer.${String(at)}`, shard])) })}\n`

/** Folders as people have them, whole ones and others; a link's place is where it leads out to. */
const kinds = {
  fine_tune: { 'config.json': config, 'model.safetensors': 'weights\n', 'tokenizer.json': '{}\n' },
  no_weights: { 'config.json': config, 'tokenizer.json': '{}\n' },
  no_config: { 'model.safetensors': 'weights\n' },
  shard_missing: {
    'config.json': config,
    'model.safetensors.index.json': index(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']),
    'model-00001-of-00002.safetensors': 'weights\n',
  },
  adapter: {
    'adapter_config.json': '{"base_model_name_or_path": "meta-llama/Llama-3.1-8B", "peft_type": "LORA"}\n',
    'adapter_model.safetensors': 'weights\n',
  },
  gguf: { 'model-Q4_K_M.gguf': 'GGUF\n' },
  broken_config: { 'config.json': '{"architectures": [', 'model.safetensors': 'weights\n' },
} as const satisfies Record<string, Readonly<Record<string, string>>>
export type FolderKind = keyof typeof kinds

/** Makes a folder of that kind at a path of the Spark (`/models/x`, `~/x`). */
export function storeFolder(disk: HostDisk, path: string, kind: FolderKind): void {
  const dir = placeOf(disk, path)
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(kinds[kind])) writeFileSync(join(dir, name), text)
}

/** A link at a path of the Spark that leads to another of its paths, or to one of this machine (`/usr`) and so out of every root. */
export function storeLink(disk: HostDisk, path: string, target: string): void {
  const place = placeOf(disk, path)
  mkdirSync(dirname(place), { recursive: true })
  rmSync(place, { force: true })
  symlinkSync(placeOf(disk, target), place)
}

function placeOf(disk: HostDisk, path: string): string {
  return path.startsWith('~') ? disk.home + path.slice(1) : disk.path(path)
}
