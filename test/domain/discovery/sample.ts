import type { PortAnswers } from '../../../domain/discovery/service-answers.ts'
import { discoverHost } from '../../../domain/discovery/discover-host.ts'
import { readHost } from '../../../domain/discovery/host-reading.ts'
import type { HostDiscovery } from '../../../domain/discovery/discovery.ts'
import { container } from '../adoption/sample.ts'

export const now = Date.parse('2026-09-20T12:00:00Z')

/** What a look at a Spark prints, part by part: the words of reference machines. A part is its text, or `[text, exit code]`. */
export const sparkParts: Readonly<Record<string, string | readonly [string, number | 'missing']>> = {
  time: String(now + 400),
  home: '/home/spark',
  user: 'spark',
  hostname: 'spark-4f2a',
  arch: 'aarch64',
  meminfo: 'MemTotal:       127600748 kB\nMemFree:        100000000 kB\nMemAvailable:   118500000 kB',
  dgx: 'DGX_NAME="DGX Spark"\nDGX_PRETTY_NAME="NVIDIA DGX Spark"\nDGX_SWBUILD_VERSION="7.2.3"\nDGX_OTA_VERSION="7.3.1"',
  os: 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nID=ubuntu',
  gpu: 'NVIDIA GB10, 580.95.05',
  addresses:
    '1: lo    inet 127.0.0.1/8 scope host lo\n2: enP7s7    inet 192.168.1.11/24 brd 192.168.1.255 scope global enP7s7\n5: enp1s0f1np1    inet 169.254.7.11/16 brd 169.254.255.255 scope link enp1s0f1np1',
  neighbours:
    '192.168.1.1 dev enP7s7 lladdr 02:00:00:00:00:01 REACHABLE\n169.254.7.12 dev enp1s0f1np1 lladdr 02:00:00:00:00:02 STALE\n169.254.9.9 dev enp1s0f1np1 FAILED',
  fabric: 'rocep1s0f0 port 1 ==> enp1s0f0np0 (Down)\nrocep1s0f1 port 1 ==> enp1s0f1np1 (Up)\nroceP2p1s0f1 port 1 ==> enP2p1s0f1np1 (Up)',
  listening:
    'LISTEN 0 4096 0.0.0.0:22 0.0.0.0:*\nLISTEN 0 4096 0.0.0.0:8000 0.0.0.0:*\nLISTEN 0 4096 127.0.0.1:6333 0.0.0.0:*\nLISTEN 0 4096 [::]:8880 [::]:*',
  docker: '{"Names":"vllm-gemma4","State":"running"}',
  images: 'vllm-node:latest\nvllm/vllm-openai:latest\n<none>:<none>',
  launcher_dir: '/home/spark/spark-vllm-docker',
  launcher_help: [
    'Usage: ./launch-cluster.sh [-n <node_ips>] [-t <image>] [--solo] [-d] [action] [command]\n  --solo   Solo mode\n  --ray, --no-ray   Ray or not (default)\n  -v, --volume   Volume\n  -d   Daemon',
    1,
  ],
  recipe_help: ['usage: run-recipe.py [-h] [--list] [--solo] [--dry-run] recipe', 0],
  launcher_env: 'CLUSTER_NODES="169.254.7.11,169.254.7.12"\nETH_IF=enp1s0f1np1\nIB_IF=rocep1s0f1,roceP2p1s0f1',
  recipes:
    '/home/spark/spark-vllm-docker/recipes/glm-4.7.yaml:name: GLM-4.7\n/home/spark/spark-vllm-docker/recipes/glm-4.7.yaml:model: zai-org/GLM-4.7-FP8\n/home/spark/spark-vllm-docker/recipes/glm-4.7.yaml:container: vllm-node\n/home/spark/spark-vllm-docker/recipes/glm-4.7.yaml:cluster_only: true',
  'peer 169.254.7.12':
    'spark-91bc\nspark\n2: enP7s7    inet 192.168.1.12/24 brd 192.168.1.255 scope global enP7s7\n5: enp1s0f1np1    inet 169.254.7.12/16 scope link enp1s0f1np1',
  'cache /home/spark/.cache/huggingface': [
    'f\t4000\tmodels--Qwen--Qwen3-8B/blobs/aa\t',
    'f\t700\tmodels--Qwen--Qwen3-8B/blobs/cc\t',
    'l\t52\tmodels--Qwen--Qwen3-8B/snapshots/r1/model-00001-of-00002.safetensors\t../../blobs/aa',
    'l\t52\tmodels--Qwen--Qwen3-8B/snapshots/r1/model-00002-of-00002.safetensors\t../../blobs/cc',
    'f\t100\tmodels--zai-org--GLM-4.5-Air-FP8/blobs/bb.incomplete\t',
    'l\t52\tmodels--zai-org--GLM-4.5-Air-FP8/snapshots/r1/model-00001-of-00002.safetensors\t../../blobs/bb',
    'f\t30\tmodels--BAAI--bge-m3/blobs/ee\t',
    'l\t52\tmodels--BAAI--bge-m3/snapshots/r1/model.safetensors\t../../blobs/ee',
  ].join('\n'),
  'architectures /home/spark/.cache/huggingface':
    '/home/spark/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/r1/config.json:"Qwen3ForCausalLM"\n/home/spark/.cache/huggingface/hub/models--BAAI--bge-m3/snapshots/r1/config.json:"XLMRobertaModel"',
}

const gemma = container({
  name: 'vllm-gemma4',
  command: ['vllm', 'serve', 'google/gemma-4-27b', '--port', '8000'],
  env: ['HF_TOKEN=hf_topsecretabcdef'],
})
export const gemmaParts = {
  inspect: JSON.stringify([gemma.inspect]),
  image_env: JSON.stringify([{ Id: `sha256:${'a'.repeat(64)}`, RepoTags: ['vllm/vllm-openai:latest'], Config: { Env: gemma.imageEnv } }]),
  'top vllm-gemma4': 'PID COMMAND\n4242 vllm serve google/gemma-4-27b --port 8000',
  'argv vllm-gemma4': '',
}

export const printed = (parts: typeof sparkParts, end = '\n#spark end\n'): string =>
  Object.entries(parts)
    .map(([name, part]) => {
      const [text, code] = typeof part === 'string' ? [part, 0] : part
      return `\n#spark ${name}\n${text}\n\n#spark = ${String(code)}\n`
    })
    .join('') + end

export const answering = (path: string, body: unknown, status = 200): PortAnswers => ({
  open: true,
  answers: { [path]: { status, text: typeof body === 'string' ? body : JSON.stringify(body) } },
})

export const vllmAnswers = (id: string): PortAnswers =>
  answering('/v1/models', { object: 'list', data: [{ id, object: 'model', owned_by: 'vllm', root: id }] })

export function discovered(
  parts: typeof sparkParts = { ...sparkParts, ...gemmaParts },
  answers: Readonly<Record<number, PortAnswers>> = usualAnswers,
): HostDiscovery {
  const reading = readHost(printed(parts))
  return discoverHost(reading, new Map(Object.entries(answers).map(([port, said]) => [Number(port), said])), {
    address: '192.168.1.11',
    port: 22,
    user: 'spark',
    nowMs: now,
  })
}

export const usualAnswers: Readonly<Record<number, PortAnswers>> = {
  8000: vllmAnswers('google/gemma-4-27b'),
  8880: answering('/v1/audio/voices', { voices: [] }),
}
