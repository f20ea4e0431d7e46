import { createHash } from 'node:crypto'

/** An image on the host. `entrypoint` goes before the command unless `--entrypoint` says otherwise. */
export interface Image {
  readonly name: string
  readonly tag: string
  readonly id: string
  readonly entrypoint: readonly string[]
  readonly env: readonly string[]
  readonly workdir: string
  readonly created: Date
}

/** Images whose own entrypoint is the server; all others run what they are told. */
const servers: Readonly<Record<string, readonly string[]>> = { 'vllm/vllm-openai': ['vllm', 'serve'] }

const env = [
  'PATH=/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'NVIDIA_VISIBLE_DEVICES=all',
]

/** The images of a host, by `name[:tag]` or id. */
export class Images {
  readonly #images: readonly Image[]

  /** `name[:tag]` each; what stands behind a `#` makes it another build of the same name, with another id. */
  constructor(references: readonly string[]) {
    this.#images = references.map((entry) => {
      const [reference = '', build = ''] = entry.split('#')
      const [name, tag] = nameAndTag(reference)
      const digest = createHash('sha256').update(`${name}:${tag}${build}`).digest('hex')
      return {
        name,
        tag,
        id: `sha256:${digest}`,
        entrypoint: servers[name] ?? [],
        env,
        workdir: '/workspace',
        created: new Date('2026-09-01T08:00:00Z'),
      }
    })
  }

  find(reference: string): Image | undefined {
    const [name, tag] = nameAndTag(reference)
    const digest = reference.replace(/^sha256:/, '')
    const byId = /^[0-9a-f]{12,64}$/.test(digest) ? this.#images.find((image) => image.id.slice(7).startsWith(digest)) : undefined
    return byId ?? this.#images.find((image) => image.name === name && image.tag === tag)
  }

  all(): readonly Image[] {
    return this.#images
  }
}

/** `ghcr.io:443/a/b` → `['ghcr.io:443/a/b', 'latest']`. */
export function nameAndTag(reference: string): [string, string] {
  const colon = reference.lastIndexOf(':')
  return colon > reference.lastIndexOf('/') ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest']
}
