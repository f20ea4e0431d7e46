import { z } from 'zod'
import { servesByKnobs } from './launchers/parallelism.ts'
import { overriddenKnobs } from './launchers/vllm-serve.ts'
import { Knobs, Model, ModelEntry, NewModelKey } from './model.ts'
import type { Origin } from './catalog.ts'
import { HostName } from './names.ts'

/** A model as the catalog shows it: with where it comes from, and what of it the owner changed. */
export const CatalogModel = Model.extend({
  origin: z.enum(['shipped', 'changed', 'own']).meta({ description: '`shipped` as it came, `changed` by overrides, `own`: added here' }),
  /** Names of fields that differ from what ships: `knobs.max_model_len`. */
  changed: z.array(z.string()),
  shipped_knobs: Knobs.nullable(),
  warnings: z.array(z.string()),
})
export type CatalogModel = z.infer<typeof CatalogModel>

/** Body of `POST /api/models`. */
export const NewModelBody = ModelEntry.safeExtend({ key: NewModelKey })
export type NewModelBody = z.infer<typeof NewModelBody>

/** Body of `PUT /api/models/{key}`. */
export const ModelEntryBody = ModelEntry
export type ModelEntryBody = z.infer<typeof ModelEntryBody>

/** A default would write itself over what is there. */
const withoutDefault = (schema: z.ZodType): z.ZodType => (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema) // zod's own inner schema

/** Body of `PUT /api/models/{key}/knobs`: what is left out stays, null goes back to what ships. */
export const KnobsBody = z.strictObject({
  ...Object.fromEntries(Object.entries(Knobs.shape).map(([name, schema]) => [name, withoutDefault(schema).nullable().optional()])),
}) as z.ZodType<KnobsChange> // built row by row from the schema that its type is made of
export type KnobsChange = { readonly [K in keyof Knobs]?: Knobs[K] | null }

/** What a change does, or would do: the commands as they would reach the hosts, and where the model runs with other settings. */
export const CatalogChange = z.object({
  model: CatalogModel,
  saved: z.boolean(),
  commands: z.array(z.object({ host: HostName, command: z.string() })),
  /** Swaps whose deployment was started with other settings: swap again to apply these. */
  used_by: z.array(z.object({ swap_id: z.string().nullable(), hosts: z.array(HostName) })),
})
export type CatalogChange = z.infer<typeof CatalogChange>

export const catalogModel = (model: Model, { origin, shipped }: Origin): CatalogModel => ({
  ...model,
  origin,
  changed: shipped === null ? [] : [...differing(model, shipped, ''), ...differing(model.knobs, shipped.knobs, 'knobs.')],
  shipped_knobs: shipped?.knobs ?? null,
  warnings: [
    ...(model.knobs.trust_remote_code === true ? ['trust_remote_code runs code from the model’s repository on the host'] : []),
    ...overriddenKnobs(model.knobs).map((knob) => `extra_args has the flag of ${knob} as well, and wins: write it in one place`),
    ...unusedKnobs(model),
  ],
})

/** Knobs that its own script, arguments or commands never see. The share of memory is asked for at the memory gate all the same. */
function unusedKnobs(model: Model): string[] {
  if (servesByKnobs(model) || model.launch.recipe !== undefined) return []
  const unused = Object.entries(model.knobs)
    .filter(([name, value]) => name !== 'gpu_memory_utilization' && !isEmpty(value))
    .map(([name]) => name)
  return unused.length === 0 ? [] : [`what starts it does not take ${unused.join(', ')}: write it there`]
}

/** An entry in as few words as say the same: fields that are empty or as by default are left out. */
export function sparse(entry: Omit<NewModelBody, 'key'>): Record<string, unknown> {
  const knobs = Object.fromEntries(Object.entries(entry.knobs).filter(([, value]) => !isEmpty(value)))
  const all = { ...entry, knobs, launcher: entry.launcher === 'spark-vllm-docker' ? undefined : entry.launcher }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

const isEmpty = (value: unknown): boolean => value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

function differing(now: object, before: object, prefix: string): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(before)])
  const of = (from: object, name: string): string | undefined => JSON.stringify((from as Record<string, unknown>)[name]) // looked at by the names of both
  return [...names].filter((name) => name !== 'knobs' && of(now, name) !== of(before, name)).map((name) => `${prefix}${name}`)
}
