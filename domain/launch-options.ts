import { z } from 'zod'

/** A word that reaches a command line as it is. */
const Word = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters')

/** A name or a path below the launcher's folder; nothing that climbs out of it. */
const InFolder = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][\w./@-]*$/, 'a name or a path below the launcher’s folder')
  .refine((path) => !path.split('/').includes('..'), 'no `..`')

/** Text that the host’s shell reads: start, stop and status of the launcher `command`. */
const ShellText = z
  .string()
  .min(1)
  .max(4000)
  .regex(/^[^\p{Cc}]*$/u, 'one line')

const Volume = z
  .string()
  .max(1000)
  .regex(/^(~|\/)[^\p{Cc}:,]*:\/[^\p{Cc}:,]*(:(ro|rw))?$/u, '`/on/the/host:/in/the/container`, with `:ro` where it is only read')

/**
 * What one launcher takes beyond what all have in common; which field belongs to which launcher is said by `launchOptionsOf`, and a field of another
 * launcher is refused by name.
 */
export const LaunchOptions = z.strictObject({
  /** In place of the host's and the cluster's `extra_docker_args`. */
  extra_docker_args: z.string().max(2000).optional(),
  /** spark-vllm-docker: a recipe, by its name or its path below `recipes/`; it brings image, mods and command. */
  recipe: InFolder.optional(),
  /** spark-vllm-docker: folders below `mods/`, applied in this order before the start. */
  mods: z.array(InFolder).max(16).optional(),
  /** spark-vllm-docker: a script of its `examples/`, run in place of `vllm serve`. */
  launch_script: InFolder.optional(),
  /** spark-vllm-docker, several hosts: by Ray in place of vLLM's own ranks. */
  ray: z.boolean().optional(),
  /** spark-vllm-docker: its guard against the kernel's OOM killer. */
  earlyoom: z.boolean().optional(),
  /** docker: the program that the image starts with, in place of none; `image` keeps the image's own. */
  entrypoint: Word.optional(),
  /**
   * docker: what the container runs, in place of `vllm serve …`. `{port}`, `{model}` and `{served_name}` stand for the port, the weights and the name;
   * on several hosts also `{rank}`, `{nodes}`, `{head}` and `{master_port}`.
   */
  arguments: z.array(Word).max(128).optional(),
  /** spark-vllm-docker and docker: further mounts. */
  volumes: z.array(Volume).max(32).optional(),
  /** Several hosts: the head's port for the other ranks. */
  master_port: z.int().min(1).max(65_535).optional(),
  /** command: starts the model and returns; `$SPARK_MODEL`, `$SPARK_PORT`, `$SPARK_WEIGHTS` and the mark are in its environment. */
  start: ShellText.optional(),
  /** command: stops it, and may be called when nothing runs. */
  stop: ShellText.optional(),
  /** command: answers 0 while it runs, 1 when it does not. */
  status: ShellText.optional(),
})
export type LaunchOptions = z.infer<typeof LaunchOptions>

/** The options of each launcher. What is not here is refused there by name. */
export const launchOptionsOf = {
  'spark-vllm-docker': ['extra_docker_args', 'recipe', 'mods', 'launch_script', 'ray', 'earlyoom', 'volumes', 'master_port'],
  docker: ['extra_docker_args', 'entrypoint', 'arguments', 'volumes', 'master_port'],
  command: ['start', 'stop', 'status'],
} as const satisfies Record<string, readonly (keyof LaunchOptions)[]>
