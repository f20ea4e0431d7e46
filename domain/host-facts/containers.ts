import { z } from 'zod'
import type { Millis } from '../names.ts'

/** What marks a container as ours, from its labels or, where the launcher takes none, from its environment. */
export interface ContainerMark {
  readonly cluster: string
  readonly swap: string
  readonly fence: number
  readonly step: number
  readonly attempt: number
  readonly model: string
  /** Absent where it serves on its host's port, and on containers that say nothing of it. */
  readonly port?: number | undefined
}

export interface HostContainer {
  readonly name: string
  readonly id: string
  readonly image: string
  readonly running: boolean
  /** docker's word: created, running, paused, restarting, removing, exited, dead. */
  readonly status: string
  readonly exitCode: number
  /** In the host's clock. */
  readonly startedAt: Millis | null
  readonly autoRemove: boolean
  readonly mark: ContainerMark | null
}

const Strings = z.record(z.string(), z.string())
const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Image: z.string().default(''), Labels: Strings.nullish(), Env: z.array(z.string()).nullish() }),
  State: z.object({
    Status: z.string().default('unknown'),
    Running: z.boolean().default(false),
    ExitCode: z.number().default(0),
    StartedAt: z.string().default(''),
  }),
  HostConfig: z.object({ AutoRemove: z.boolean().default(false) }).nullish(),
})

const Count = z.coerce.number().int().min(0)
const Marked = z.object({
  cluster: z.string().min(1),
  swap: z.string().min(1),
  fence: Count,
  step: Count,
  attempt: Count,
  model: z.string(),
  port: Count.optional(),
})
const fields = ['cluster', 'swap', 'fence', 'step', 'attempt', 'model', 'port'] as const

/** Reads the answer of `docker inspect NAME…`. A container that it does not understand is left out; `null` when the whole is no list. */
export function readContainers(text: string): HostContainer[] | null {
  const list = z.array(z.unknown()).safeParse(json(text))
  if (!list.success) return null
  return list.data.flatMap((entry) => {
    const read = Inspected.safeParse(entry)
    return read.success ? [containerOf(read.data)] : []
  })
}

function containerOf({ Id, Name, Config, State, HostConfig }: z.infer<typeof Inspected>): HostContainer {
  const started = Date.parse(State.StartedAt)
  return {
    name: Name.replace(/^\//, ''),
    id: Id,
    image: Config.Image,
    running: State.Running,
    status: State.Status,
    exitCode: State.ExitCode,
    startedAt: started > 0 ? started : null,
    autoRemove: HostConfig?.AutoRemove ?? false,
    mark: markOf(Config.Labels ?? {}, Config.Env ?? []),
  }
}

/** The mark of a container: labels first, then the environment. Null when it has none, or only a part of one. */
export function markOf(labels: Readonly<Record<string, string>>, env: readonly string[]): ContainerMark | null {
  const fromLabels = Object.fromEntries(fields.map((field) => [field, labels[`spark.${field}`]]))
  const fromEnv = Object.fromEntries(
    fields.map((field) => {
      const start = `SPARK_${field.toUpperCase()}=`
      return [field, env.find((entry) => entry.startsWith(start))?.slice(start.length)]
    }),
  )
  for (const marks of [fromLabels, fromEnv]) {
    const read = Marked.safeParse(marks)
    if (read.success) return read.data
  }
  return null
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
