import { z } from 'zod'
import { ofEngines } from './errors/of-engines.ts'
import { ofHosts } from './errors/of-hosts.ts'
import { ofRequests } from './errors/of-requests.ts'
import { ofWeights } from './errors/of-weights.ts'

/**
 * Every error that leaves this program, by its stable code. HTTP status, title and advice are read from here by the API, the pages, the docs and the tests.
 * A code never changes its meaning. `class` tells a retry what it may do (DESIGN.md §5): `retryable` (network, host busy), `memory` (after the memory gate passes), `fatal`.
 */
export const errors = { ...ofRequests, ...ofHosts, ...ofEngines, ...ofWeights }

export type ErrorCode = keyof typeof errors
export const ErrorCode = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]) // keys of the table above, which has at least one row

/** Why something did not work, as swaps, events and pages show it. `line` is the telling line of a log, where there is one. */
export const Cause = z.object({ code: ErrorCode, message: z.string(), line: z.string().nullable(), advice: z.string() })
export type Cause = z.infer<typeof Cause>

export const causeOf = (code: ErrorCode, message: string = errors[code].title, line: string | null = null): Cause => ({
  code,
  message: clip(message),
  line: line === null ? null : clip(line),
  advice: errors[code].advice,
})

/** Half a character at the cut would make the JSON around it unreadable. */
const clip = (text: string): string => text.slice(0, 500).toWellFormed()
