import { z } from 'zod'
import { LaunchOptions } from './launch-options.ts'
import { ContainerName, HostName, ModelKey } from './names.ts'
import { refineKnobs } from './written-knobs.ts'

/** One shell word that reaches a command line: anything but control characters (a NUL or newline has no business there). */
const Word = z
  .string()
  .max(4096)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters')

/** vLLM settings of a model that a person may edit. Each becomes a `vllm serve` flag; `extra_args` are passed on word by word. */
export const Knobs = z.strictObject({
  max_model_len: z.int().min(1).max(16_777_216).optional(),
  gpu_memory_utilization: z.number().gt(0).max(1).optional(),
  max_num_seqs: z.int().min(1).max(65_536).optional(),
  max_num_batched_tokens: z.int().min(1).optional(),
  tensor_parallel_size: z.int().min(1).max(64).optional(),
  pipeline_parallel_size: z.int().min(1).max(64).optional(),
  dtype: z.enum(['auto', 'bfloat16', 'float16', 'float32']).optional(),
  quantization: Word.optional(),
  kv_cache_dtype: Word.optional(),
  load_format: Word.optional(),
  tool_call_parser: Word.optional(),
  reasoning_parser: Word.optional(),
  enable_auto_tool_choice: z.boolean().optional(),
  enable_prefix_caching: z.boolean().optional(),
  trust_remote_code: z.boolean().optional(),
  extra_args: z.array(Word).max(64).default([]),
})
export type Knobs = z.infer<typeof Knobs>

/** Knobs as they are written: words that the launcher sets are refused by name. */
const WrittenKnobs = Knobs.superRefine(refineKnobs)

export const LauncherName = z.enum(['spark-vllm-docker', 'docker', 'command'])
export type LauncherName = z.infer<typeof LauncherName>

/** A check after the start: a prompt, and words that its answer must contain. */
const AnswerCheck = z.strictObject({
  prompt: z.string().min(1).max(4000),
  contains: z.string().min(1).max(400),
  max_tokens: z.int().min(1).max(4096).default(64),
})

/** Every field of a catalog entry, before the rule that ties `repo` and `local_path`. */
export const ModelEntry = z.strictObject({
  name: z.string().min(1).max(120).optional(),
  repo: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'a Hugging Face repository: owner/name')
    .optional(),
  local_path: z
    .string()
    .max(1000)
    .regex(/^\/[^\p{Cc}:,]*$/u, 'an absolute path on the host, without colons or commas')
    .optional(),
  launcher: LauncherName.default('spark-vllm-docker'),
  image: z
    .string()
    .regex(/^[\w][\w./:@-]{0,254}$/, 'a container image')
    .optional(),
  container: ContainerName.optional(),
  /** Head first where there are several; `any`: whichever host holds nothing. */
  placement: z.union([z.literal('any'), z.array(HostName).min(1).max(8)], '`any`, or a list of hosts').optional(),
  /** The port that it serves on, where it differs from its host's. */
  port: z.int().min(1).max(65_535).optional(),
  launch: LaunchOptions.prefault({}),
  served_name: z
    .string()
    .regex(/^[\w][\w./:-]{0,127}$/)
    .optional(),
  knobs: WrittenKnobs.prefault({}),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), Word).default({}),
  /** Memory that it needs while serving, measured or published; left out where nobody knows. */
  memory_gib: z.number().gt(0).max(2048).optional(),
  weights_gib: z.number().gt(0).max(2048).optional(),
  checks: z.array(AnswerCheck).max(8).default([]),
  /** Limits that differ from the cluster's. */
  launch_s: z.int().min(1).max(14_400).optional(),
  launch_stall_s: z.int().min(1).max(7200).optional(),
  notes: z.string().max(2000).optional(),
  source: z.string().max(500).optional(),
})

/** One entry of models.yaml. Exactly one of `repo` and `local_path`. */
export const ModelFileEntry = ModelEntry.refine((m) => (m.repo === undefined) !== (m.local_path === undefined), {
  message: 'exactly one of `repo` (Hugging Face) and `local_path` (a folder on the host) is needed',
})

export type ModelFileEntry = z.infer<typeof ModelFileEntry>

/** The name of a new model: one spelling, so that two keys never differ in case alone. */
export const NewModelKey = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots, dashes and underscores, at most 64')

export const ModelsFile = z.strictObject({ models: z.record(ModelKey, ModelFileEntry) })

/** A model as REST, pages and snapshots have it: every optional fact is there, null where unknown. */
export const Model = z.object({
  key: ModelKey,
  name: z.string(),
  repo: z.string().nullable(),
  local_path: z.string().nullable(),
  local: z.boolean(),
  launcher: LauncherName,
  /** Empty where the recipe brings its own, and where there is no container. */
  image: z.string(),
  container: ContainerName,
  placement: z.array(HostName).min(1),
  /** Its placement is any one host that is free: `placement` only says where it would go by default. */
  anywhere: z.boolean().default(false),
  port: z.number().nullable().default(null),
  launch: LaunchOptions.prefault({}),
  served_name: z.string(),
  /** A further name, the same for all models of the cluster. */
  alias: z.string().nullable().default(null),
  knobs: Knobs,
  env: z.record(z.string(), z.string()),
  memory_gib: z.number().nullable(),
  weights_gib: z.number().nullable(),
  checks: z.array(AnswerCheck),
  launch_s: z.number(),
  launch_stall_s: z.number(),
  notes: z.string().nullable(),
  source: z.string().nullable(),
})
export type Model = z.infer<typeof Model>

/** What vLLM is told to load: the repository, or the folder on the host. `/v1/models` shows it as `root`. */
export const weightsOf = (model: Pick<Model, 'repo' | 'local_path'>): string => model.repo ?? model.local_path ?? ''

/** Where it serves on that host. */
export const portOf = (model: Pick<Model, 'port'>, host: { readonly vllmPort: number }): number => model.port ?? host.vllmPort

/**
 * What makes two deployments of a model the same for `already_serving` (ARBITER.md G7): a stable text of all that reaches the command line. What was
 * added later is in it only where it is used, so that snapshots of before have the text that they had.
 */
export const launchIdentity = (snapshot: Model): string => {
  const { key, repo, local_path, launcher, image, container, served_name, knobs, env, port, launch, alias } = Model.parse(snapshot)
  return JSON.stringify([
    ...[key, repo, local_path, launcher, image, container, served_name],
    Object.entries(knobs).sort(byName),
    Object.entries(env).sort(byName),
    ...(port === null ? [] : [port]),
    ...(alias === null ? [] : [{ alias }]),
    ...(Object.keys(launch).length === 0 ? [] : [Object.entries(launch).sort(byName)]),
  ])
}
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
