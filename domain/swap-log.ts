import { z } from 'zod'
import { ContainerName, HostName, Rfc3339, type SwapId } from './names.ts'

/** The first characters of docker's id of a container: one name may stand for several containers in one swap. */
const ContainerId = z.string().regex(/^[0-9a-f]{12}$/)

/** The last words of one container, as a file keeps them. */
export interface LastWordsKey {
  readonly host: HostName
  readonly container: ContainerName
  readonly containerId: string
}

/** Which last words are meant: `spark-1/vllm_node/3f2a9c1b04de`, or without the id the newest of that name. Read into its parts, so that it never becomes a path. */
export const LogOf = z
  .string()
  .max(160)
  .transform((text, context): { host: HostName; container: ContainerName; containerId: string | null } => {
    const [host, container, id, ...more] = text.split('/')
    const read = z.object({ host: HostName, container: ContainerName, id: ContainerId.nullable() }).safeParse({ host, container, id: id ?? null })
    if (read.success && more.length === 0) return { host: read.data.host, container: read.data.container, containerId: read.data.id }
    context.issues.push({ code: 'custom', message: '`host/container` or `host/container/id`, as the list of logs has it', input: text })
    return z.NEVER
  })
  .meta({ override: { type: 'string' }, description: 'Not the swap’s own log but the last words of a container: `of` from the list of logs' })
export type LogOf = z.output<typeof LogOf>

/** One log of a swap: its own (`of` null), or the last words of a container that it stopped. */
const SwapLogEntry = z.object({
  of: z.string().nullable(),
  host: HostName.nullable(),
  container: ContainerName.nullable(),
  container_id: z.string().nullable(),
  bytes: z.number(),
  saved_at: Rfc3339,
})
export const SwapLogList = z.object({ logs: z.array(SwapLogEntry) }).meta({ id: 'SwapLogs' })
export type SwapLogList = z.infer<typeof SwapLogList>

/** Whole lines of one log. `offset` is the byte of the first of them; `next_offset` is where to go on, `offset` what to read before. */
export const SwapLogPage = z
  .object({
    of: z.string().nullable(),
    lines: z.array(z.string()),
    offset: z.number(),
    next_offset: z.number(),
    bytes: z.number(),
  })
  .meta({ id: 'SwapLogPage' })
export type SwapLogPage = z.infer<typeof SwapLogPage>

/** Where to read: the newest lines, what follows a byte, or what stands before one. */
export interface LogPlace {
  readonly lines: number
  readonly offset?: number | undefined
  readonly before?: number | undefined
}

/** No name has an `@` in it, so that the parts of a file name can be told apart again. */
export const swapLogName = (id: SwapId): string => `${id}.log`
export const lastWordsName = (id: SwapId, { host, container, containerId }: LastWordsKey): string =>
  `${id}@${host}@${container}@${containerId}.last.log`

export const isLastWords = (name: string): boolean => name.endsWith('.last.log')

/** The key in the name of a file of this swap; null for any other file. */
export function lastWordsKey(id: SwapId, name: string): LastWordsKey | null {
  const read = /^([^@]+)@([^@]+)@([^@]+)@([0-9a-f]{12})\.last\.log$/.exec(name)
  const [, swap, host = '', container = '', containerId = ''] = read ?? []
  return swap === id && HostName.safeParse(host).success && ContainerName.safeParse(container).success ? { host, container, containerId } : null
}

export const shownKey = ({ host, container, containerId }: LastWordsKey): string => `${host}/${container}/${containerId}`
