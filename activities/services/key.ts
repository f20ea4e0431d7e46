import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Places } from '../../config/places.ts'
import { kindOf } from '../../domain/services/kinds.ts'
import type { Service } from '../../domain/services/service.ts'

/** The headers that carry a service's key; none where it has no key file, or one that cannot be read. Never logged, kept or shown. */
export async function keyHeaders({ kind, apiKeyFile }: Service, { configDir }: Pick<Places, 'configDir'>): Promise<Record<string, string>> {
  const { key } = kindOf(kind)
  if (apiKeyFile === null || key === null) return {}
  const text = await readFile(resolve(configDir, apiKeyFile), 'utf8').catch(() => '')
  const secret = text.trim()
  if (!/^[\x21-\x7e]{1,4000}$/.test(secret)) return {}
  return key === 'bearer' ? { authorization: `Bearer ${secret}` } : { 'api-key': secret }
}
