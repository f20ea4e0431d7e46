import { mkdir } from 'node:fs/promises'
import { isMap, isSeq, YAMLSeq, type Document, type YAMLMap } from 'yaml'
import { z } from 'zod'
import { Problem } from '../domain/problem.ts'
import type { StoredEndpoint } from '../domain/webhooks/endpoint.ts'
import { changeYaml, type KeptFile } from './kept-file.ts'
import type { Places } from './places.ts'
import { dataRoot } from './webhook-marks.ts'
import { mostEndpoints, secretsFile, webhooksFile } from './webhooks.ts'

const heading = `# Webhooks made on the page or by POST /api/webhooks. You may write here, too: comments stay.
# Their secrets are in secrets.yaml of the data directory.
webhooks: []
`
const secretsHeading = `# Written by Spark Control. Whoever reads this can sign in its name.
webhooks: {}
`

/**
 * The endpoints that the API keeps: what they are in `<config>/webhooks.yaml`, their secrets in `<data>/secrets.yaml` (0600). Each change throws as `changeYaml`, and then
 * nothing has changed for anyone.
 */
export class WebhookStore {
  readonly #places: Places
  readonly #endpoints: KeptFile
  readonly #secrets: KeptFile

  constructor(places: Places) {
    this.#places = places
    this.#endpoints = { path: webhooksFile(places), mode: 0o644, heading }
    this.#secrets = { path: secretsFile(places), mode: 0o600, heading: secretsHeading }
  }

  /** Throws `too_many_webhooks`. The secret is there first: an endpoint that is seen can be signed for. */
  async add(entry: StoredEndpoint, secret: string): Promise<void> {
    await this.#folders()
    await this.#keepSecret(entry.id, secret)
    try {
      await changeYaml(this.#endpoints, (document) => {
        const list = listIn(document, this.#endpoints.path)
        if (list.items.length >= mostEndpoints) throw new Problem('too_many_webhooks', `There are ${String(mostEndpoints)} webhooks already`)
        list.add(document.createNode(plain(entry)))
      })
    } catch (error) {
      await this.#keepSecret(entry.id, null).catch(() => undefined) // a secret of nobody harms nobody
      throw error
    }
  }

  /** False where there is none of that id. Without a secret the old one stays. */
  async replace(entry: StoredEndpoint, secret: string | undefined): Promise<boolean> {
    await this.#folders()
    const before = secret === undefined ? null : await this.#keepSecret(entry.id, secret)
    let replaced = false
    try {
      replaced = await changeYaml(this.#endpoints, (document) => {
        const map = entryOf(listIn(document, this.#endpoints.path), entry.id)
        if (map !== null) rewrite(document, map, plain(entry))
        return map !== null
      })
    } finally {
      if (!replaced && secret !== undefined) await this.#keepSecret(entry.id, before).catch(() => undefined)
    }
    return replaced
  }

  /** False where there is none of that id. */
  async remove(id: string): Promise<boolean> {
    await this.#folders()
    const found = await changeYaml(this.#endpoints, (document) => {
      const list = listIn(document, this.#endpoints.path)
      const map = entryOf(list, id)
      if (map !== null) list.items.splice(list.items.indexOf(map), 1)
      return map !== null
    })
    if (found) await this.#keepSecret(id, null).catch(() => undefined)
    return found
  }

  /** Returns the one before. */
  async #keepSecret(id: string, secret: string | null): Promise<string | null> {
    return await changeYaml(this.#secrets, (document) => {
      if (!isMap(document.contents)) document.contents = document.createNode({})
      if (!isMap(document.get('webhooks'))) document.set('webhooks', document.createNode({}))
      const before = document.getIn(['webhooks', id])
      if (secret === null) document.deleteIn(['webhooks', id])
      else document.setIn(['webhooks', id], secret)
      return typeof before === 'string' ? before : null
    })
  }

  async #folders(): Promise<void> {
    await mkdir(this.#places.configDir, { recursive: true }).catch(() => undefined) // what is wrong is said when the file is written
    await mkdir(dataRoot(this.#places), { recursive: true, mode: 0o700 }).catch(() => undefined)
  }
}

/** As it is written: what is usual is left out. */
const plain = ({ id, url, name, events, enabled }: StoredEndpoint): Partial<StoredEndpoint> => ({
  id,
  url,
  ...(name !== undefined && { name }),
  ...(events !== undefined && events.length > 0 && { events }),
  ...(!enabled && { enabled }),
})

function listIn(document: Document, path: string): YAMLSeq {
  if (document.contents === null) document.contents = document.createNode({})
  if (!isMap(document.contents)) throw new Problem('config_invalid', `${path} holds no \`webhooks:\``)
  const list = document.get('webhooks')
  if (isSeq(list)) {
    if (list.items.length === 0) list.flow = false
    return list
  }
  if (list !== undefined && list !== null) throw new Problem('config_invalid', `${path}: \`webhooks\` is no list`)
  const fresh = new YAMLSeq()
  document.set('webhooks', fresh)
  return fresh
}

const entryOf = (list: YAMLSeq, id: string): YAMLMap | null => list.items.filter((item) => isMap(item)).find((item) => item.get('id') === id) ?? null

/** Only what differs, so that the rest stays as its owner wrote it. */
function rewrite(document: Document, map: YAMLMap, wanted: Partial<StoredEndpoint>): void {
  const now = z.record(z.string(), z.unknown()).parse(map.toJSON())
  for (const key of ['url', 'name', 'events', 'enabled'] as const) {
    const value = wanted[key]
    if (value === undefined) map.delete(key)
    else if (JSON.stringify(now[key]) !== JSON.stringify(value)) map.set(key, Array.isArray(value) ? document.createNode(value) : value)
  }
}
