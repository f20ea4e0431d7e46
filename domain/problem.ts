import { z } from 'zod'
import { ErrorCode, errors } from './errors.ts'

/** One field of a request that does not fit: where (`hosts.0`), and why. */
export const FieldError = z.object({ field: z.string(), message: z.string() })
export type FieldError = z.infer<typeof FieldError>

/** An error as every route answers it (RFC 9457, `application/problem+json`). Further facts stand beside these: `busy`, `near`, `holder`, … */
export const ProblemDocument = z.looseObject({
  type: z.string().meta({ description: 'Where this code is explained' }),
  title: z.string(),
  status: z.int(),
  code: ErrorCode,
  detail: z.string(),
  advice: z.string(),
  request_id: z.string(),
  errors: z.array(FieldError).optional(),
})
export type ProblemDocument = z.infer<typeof ProblemDocument>

/** Further members of a problem document, snake_case as all JSON outside. */
export type ProblemFacts = Readonly<Record<string, unknown>>

/** A refusal on its way out. Whatever shows it (REST, a page) takes status, title and advice from its code. */
export class Problem extends Error {
  readonly code: ErrorCode
  readonly facts: ProblemFacts
  /** When a repeat may succeed; becomes `Retry-After`. */
  readonly retryAfterS: number | null

  constructor(code: ErrorCode, detail: string = errors[code].title, facts: ProblemFacts = {}, retryAfterS: number | null = null) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.facts = facts
    this.retryAfterS = retryAfterS
  }
}

/** The document for a refusal. Facts never overwrite the standard members. */
export const problemDocument = (problem: Problem, requestId: string): ProblemDocument => ({
  ...problem.facts,
  type: `/docs/errors/${problem.code}`,
  title: errors[problem.code].title,
  status: errors[problem.code].status,
  code: problem.code,
  detail: problem.message,
  advice: errors[problem.code].advice,
  request_id: requestId,
})
