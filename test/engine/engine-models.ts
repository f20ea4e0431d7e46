import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { enginesFolder, withPackages } from './python-packages.ts'

/** Where the hosts see `enginesFolder()`. */
const shared = '/mnt/shared'
const scripts = fileURLToPath(new URL('engines', import.meta.url))
const memory = { gpu_memory_utilization: 0.5 }

/** Our own scripts and the models, beside the packages: what is cheap is made anew, so that no old one is tested. */
export async function makeModels({ llama, vllm }: { llama: string; vllm: string | null }): Promise<void> {
  const root = enginesFolder()
  await rm(join(root, 'scripts'), { recursive: true, force: true })
  await mkdir(join(root, 'scripts'), { recursive: true })
  for (const name of await readdir(scripts)) await copyFile(join(scripts, name), join(root, 'scripts', name))
  for (const [seed, name] of ['first', 'second'].entries()) {
    const file = await folderFor(name)
    await withPackages(llama, [join(scripts, 'write_gguf.py'), `${file}.new`, name, String(seed)])
    await rename(`${file}.new`, file)
  }
  await writeFile(await folderFor('broken'), 'a download that was an error page')
  const tiny = join(root, 'models', 'tiny')
  if (vllm !== null && !existsSync(join(tiny, 'model.safetensors'))) await withPackages(vllm, [join(scripts, 'write_llama.py'), tiny])
}

/** The file of a GGUF model, in a folder that is a model as the catalog wants it. */
async function folderFor(name: string): Promise<string> {
  const folder = join(enginesFolder(), 'models', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), '{ "architectures": ["LlamaForCausalLM"] }\n')
  return join(folder, 'model.gguf')
}

/** The catalog of the lane, as an owner writes it: the hosts' plain image, and an engine that comes by a volume. */
export function engineCatalog(llama: string, vllm: string | null): Record<string, object> {
  const common = { launcher: 'docker', image: 'vllm-node', knobs: memory }
  const volumes = (packages: string): string[] => [`${shared}/${packages}:/engines/site:ro`, `${shared}/scripts:/engines/scripts:ro`]
  const python = (...words: string[]): string[] => ['/usr/bin/python3', ...words]
  const gguf = (name: string): object => ({
    ...common,
    local_path: `${shared}/models/${name}`,
    served_name: name,
    env: { PYTHONPATH: '/engines/site', PYTHONUNBUFFERED: '1' },
    launch: { volumes: volumes(llama), arguments: python('/engines/scripts/serve_llama.py', '{model}/model.gguf', '{port}', '{served_name}') },
  })
  const models: Record<string, object> = { first: gguf('first'), second: gguf('second'), broken: gguf('broken') }
  if (vllm === null) return models
  const words = ['-m', 'vllm.entrypoints.openai.api_server', '--model', '{model}', '--served-model-name', '{served_name}', '--port', '{port}']
  const limits = ['--max-model-len', '256', '--max-num-seqs', '2', '--dtype', 'float32', '--enforce-eager']
  return {
    ...models,
    'vllm-tiny': {
      ...common,
      local_path: `${shared}/models/tiny`,
      served_name: 'vllm-tiny',
      // a minute on two idle cores
      ...{ launch_s: 1_200, launch_stall_s: 600 },
      env: { PYTHONPATH: '/engines/site', PYTHONUNBUFFERED: '1', VLLM_CPU_KVCACHE_SPACE: '1', VLLM_NO_USAGE_STATS: '1', HF_HUB_OFFLINE: '1' },
      launch: { volumes: volumes(vllm), arguments: python(...words, ...limits) },
    },
  }
}
