import { z } from 'zod'

/** The names that travel between rooms. Their patterns are strict because each of them also becomes part of a workflow id, a shell word or a file name. */
export const ClusterId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, at most 40')
export type ClusterId = z.infer<typeof ClusterId>

export const HostName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'a host name: lower-case letters, digits, dots and dashes')
export type HostName = z.infer<typeof HostName>

/** A catalog key: one word that a person types, as in `qwen3-30b` or `gpt-oss-120b.mxfp4`. */
export const ModelKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes and underscores, at most 64')
export type ModelKey = z.infer<typeof ModelKey>

export const SwapId = z.string().regex(/^[a-z0-9][a-z0-9-]{7,63}$/, 'a swap id')
export type SwapId = z.infer<typeof SwapId>

export const ContainerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a container name: letters, digits, dots, dashes and underscores')
export type ContainerName = z.infer<typeof ContainerName>

/**
 * What a person writes for others to read: who, why. White space of any kind becomes one space, so that it stays one line in logs and lists. Refused is
 * what no reader can show: control characters, halves of surrogate pairs (JSON that holds one can't be read by strict parsers), and marks that turn text around.
 */
export const oneLine = (most: number) =>
  z
    .string()
    .overwrite((text) => text.replace(/\s+/g, ' ').trim())
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]*$/u, 'text without control characters')

/** Lower-case hex SHA-256. The arbiter sees lock tokens only in this form (ARBITER.md R1). */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
export type Sha256 = z.infer<typeof Sha256>

/** Milliseconds since 1970 in the clock that the surrounding text names. */
export type Millis = number

/** RFC 3339 in UTC, as all JSON outside shows times. */
export const Rfc3339 = z.iso.datetime()

export const rfc3339 = (at: Millis): string => new Date(at).toISOString()

/** A program and its arguments, each one word. Quoted once, at the SSH edge. */
export type Argv = readonly string[]

export const arbiterWorkflowId = (clusterId: ClusterId): string => `gpu-arbiter:${clusterId}`
export const swapWorkflowId = (clusterId: ClusterId, swapId: SwapId): string => `swap/${clusterId}/${swapId}`
export const checkWorkflowId = (clusterId: ClusterId, checkId: string): string => `check/${clusterId}/${checkId}`
export const monitorWorkflowId = (clusterId: ClusterId): string => `monitor/${clusterId}`
export const restartWorkflowId = (clusterId: ClusterId, restartId: string): string => `restart/${clusterId}/${restartId}`
export const discoverWorkflowId = (clusterId: ClusterId, discoveryId: string): string => `discover/${clusterId}/${discoveryId}`
export const prepareWorkflowId = (clusterId: ClusterId, prepareId: string): string => `prepare/${clusterId}/${prepareId}`
export const taskQueueOf = (clusterId: ClusterId): string => `spark-control/${clusterId}`
