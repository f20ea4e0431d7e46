import type { Model } from '../domain/model.ts'

/** The catalog's name for a key, or the key itself where the catalog no longer has it. Null is an unload. */
export const modelName = (key: string | null, models: readonly Model[]): string =>
  key === null ? 'no model' : (models.find((model) => model.key === key)?.name ?? key)

/** `Swap to Qwen3 30B`, `Unload`. */
export const swapTitle = (key: string | null, models: readonly Model[]): string => (key === null ? 'Unload' : `Swap to ${modelName(key, models)}`)

/** `spark-1`, `spark-1 and spark-2`. */
export const hostList = (hosts: readonly string[]): string => new Intl.ListFormat('en').format(hosts)
