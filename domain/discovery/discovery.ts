import { z } from 'zod'
import { Model } from '../model.ts'
import { ContainerName } from '../names.ts'
import { KindName } from '../services/service.ts'

/** A model in a Hugging Face cache. */
export const CachedModel = z.object({
  repo: z.string(),
  /** What of it is on the disk. */
  bytes: z.number(),
  state: z.enum(['complete', 'partial']),
  /** As its config.json names it: `Qwen3ForCausalLM`; null where it has none. */
  architecture: z.string().nullable(),
})
export type CachedModel = z.infer<typeof CachedModel>

/** spark-vllm-docker as it is installed. */
export const FoundLauncher = z.object({
  dir: z.string(),
  ray: z.enum(['default', 'asked', 'always']).nullable(),
  flags: z.array(z.string()),
  recipe_flags: z.array(z.string()).nullable(),
  /** What it cannot do, in plain words; null where it can do all that is asked of it. */
  trouble: z.string().nullable(),
  /** Of its `.env`; only what tells of machines and names. */
  env: z.record(z.string(), z.string()),
})
export type FoundLauncher = z.infer<typeof FoundLauncher>

export const FoundRecipe = z.object({
  file: z.string(),
  name: z.string(),
  model: z.string().nullable(),
  image: z.string().nullable(),
  description: z.string().nullable(),
  hosts: z.enum(['one', 'several', 'any']),
})
export type FoundRecipe = z.infer<typeof FoundRecipe>

/** A running vLLM, whoever started it. `snapshot` starts it again; else `why` says why that is not possible. Nothing secret is in it. */
export const FoundEngine = z.object({
  container: ContainerName,
  port: z.number().nullable(),
  served_name: z.string().nullable(),
  weights: z.string().nullable(),
  answers: z.boolean(),
  snapshot: Model.nullable(),
  why: z.string().nullable(),
  notes: z.array(z.string()),
})
export type FoundEngine = z.infer<typeof FoundEngine>

export const FoundService = z.object({
  kind: KindName,
  port: z.number(),
  container: ContainerName.nullable(),
  /** What told its kind. */
  because: z.string(),
  /** It listens on the host's own loopback: nobody else can ask it. */
  loopback_only: z.boolean(),
})
export type FoundService = z.infer<typeof FoundService>

/** Another Spark, known from the one that was looked at. */
export const FoundPeer = z.object({
  /** Where we may reach it: on the same network as the first where that is known, else on the fast link. */
  address: z.string(),
  fabric_address: z.string().nullable(),
  hostname: z.string().nullable(),
  user: z.string().nullable(),
  because: z.string(),
})
export type FoundPeer = z.infer<typeof FoundPeer>

/** What one look at a host found. Null stands for what could not be told, never for nothing. */
export const HostDiscovery = z.object({
  address: z.string(),
  port: z.number(),
  user: z.string(),
  hostname: z.string().nullable(),
  home: z.string(),
  architecture: z.string().nullable(),
  /** How far its clock is before (or, negative, behind) that of the worker that looked. */
  clock_ahead_s: z.number().nullable(),
  memory_bytes: z.number().nullable(),
  gpu: z.object({ name: z.string(), driver: z.string().nullable() }).nullable(),
  system: z.string().nullable(),
  /** Where the fence of this host can be (ARBITER.md F1). */
  state_dir: z.object({ path: z.string(), because: z.string() }),
  docker: z.object({ ok: z.boolean(), detail: z.string().nullable() }),
  launcher: FoundLauncher.nullable(),
  recipes: z.array(FoundRecipe),
  images: z.array(z.string()),
  caches: z.array(z.object({ dir: z.string(), models: z.array(CachedModel) })),
  engines: z.array(FoundEngine),
  services: z.array(FoundService),
  fabric: z.object({ address: z.string().nullable(), eth_if: z.string().nullable(), ib_if: z.string().nullable() }),
  peers: z.array(FoundPeer),
  /** What was not found or did not answer, in plain words. */
  remarks: z.array(z.string()),
})
export type HostDiscovery = z.infer<typeof HostDiscovery>
