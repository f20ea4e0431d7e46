import type { CachedModel } from './discovery.ts'

/** So many of a cache are told; nobody ticks more. */
const mostModels = 1000

interface Files {
  bytes: number
  unfinished: boolean
  /** Blobs that are whole, by their hash. */
  readonly blobs: Set<string>
  /** Weight files of the snapshots: name and the blob that they lead to (null: the file itself). */
  readonly weights: { readonly name: string; readonly blob: string | null }[]
}

/**
 * Reads the files of a Hugging Face cache (`type, size, path below hub, link target`, a tab between) and the architectures that its config files name.
 * A model is complete when it has weights, each of them leads to a whole blob, no shard of a numbered set is missing, and no download lies there unfinished.
 */
export function readCache(files: string, architectures: string): CachedModel[] {
  const found = new Map<string, Files>()
  for (const line of files.split('\n')) {
    const [type, size = '0', path = '', target = ''] = line.split('\t')
    const [, owner, name, place, rest = ''] = /^models--(.+?)--([^/]+)\/(blobs|snapshots)\/(.+)$/.exec(path) ?? []
    if (owner === undefined || name === undefined) continue
    const repo = `${owner}/${name}`
    const model = found.get(repo) ?? { bytes: 0, unfinished: false, blobs: new Set<string>(), weights: [] }
    found.set(repo, model)
    if (place === 'blobs') {
      if (rest.endsWith('.incomplete')) model.unfinished = true
      else if (type === 'f') model.blobs.add(rest)
      if (type === 'f') model.bytes += Number(size)
    } else if (type === 'l' || type === 'f') {
      if (type === 'f') model.bytes += Number(size)
      const file = rest.slice(rest.indexOf('/') + 1)
      if (/\.(safetensors|gguf|bin|pt)$/.test(file))
        model.weights.push({ name: file, blob: type === 'l' ? target.slice(target.lastIndexOf('/') + 1) : null })
    }
  }
  const named = architecturesOf(architectures)
  return [...found]
    .map(([repo, model]) => ({ repo, bytes: model.bytes, state: stateOf(model), architecture: named.get(repo) ?? null }))
    .sort((a, b) => (a.repo < b.repo ? -1 : 1))
    .slice(0, mostModels)
}

function stateOf({ unfinished, blobs, weights }: Files): CachedModel['state'] {
  const whole = weights.filter(({ blob }) => blob === null || blobs.has(blob))
  return !unfinished && weights.length > 0 && whole.length === weights.length && allShards(weights.map(({ name }) => name)) ? 'complete' : 'partial'
}

/** `model-00003-of-00005.safetensors`: all five must be there. */
function allShards(names: readonly string[]): boolean {
  const sets = new Map<string, { most: number; seen: Set<number> }>()
  for (const name of names) {
    const [, before = '', number, of] = /^(.*?)-?(\d{5})-of-(\d{5})\./.exec(name) ?? []
    if (number === undefined || of === undefined) continue
    const set = sets.get(`${before} ${of}`) ?? { most: Number(of), seen: new Set<number>() }
    set.seen.add(Number(number))
    sets.set(`${before} ${of}`, set)
  }
  return [...sets.values()].every(({ most, seen }) => seen.size === most)
}

function architecturesOf(text: string): Map<string, string> {
  const named = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, owner, name, architecture] = /\/models--(.+?)--([^/]+)\/snapshots\/[^/]+\/config\.json:"(\w+)"$/.exec(line) ?? []
    if (owner !== undefined && name !== undefined && architecture !== undefined && !named.has(`${owner}/${name}`))
      named.set(`${owner}/${name}`, architecture)
  }
  return named
}

/** What can be asked for words: models that write text. Others (embeddings, classifiers, speech) are told, and not proposed. */
export const writesText = ({ architecture }: Pick<CachedModel, 'architecture'>): boolean =>
  architecture !== null && /(ForCausalLM|ForConditionalGeneration|LMHeadModel)$/.test(architecture)
