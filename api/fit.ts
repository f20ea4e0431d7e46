import type { z } from 'zod'
import { issueWords } from '../domain/issue-words.ts'
import { Problem, type FieldError } from '../domain/problem.ts'

type Part = 'path' | 'query' | 'header' | 'body'

/** `value` as the schema has it. Throws `invalid_request` that names each field which does not fit. */
export function fit<S extends z.ZodType>(schema: S, value: unknown, part: Part): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields = result.error.issues.flatMap((issue) => fieldErrors(issue, part))
  throw new Problem(
    'invalid_request',
    fields
      .map(({ field, message }) => `${field}: ${message}`)
      .join('; ')
      .slice(0, 1000),
    { errors: fields.slice(0, 50) },
  )
}

function fieldErrors(issue: z.core.$ZodIssue, part: Part): FieldError[] {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: name(part, [...at, key]), message: 'is not a field here' }))
  }
  if (issue.code === 'invalid_union') {
    const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
    if (nearest.length > 0) return nearest.flatMap((inner) => fieldErrors({ ...inner, path: [...issue.path, ...inner.path] }, part))
  }
  return [{ field: name(part, at), message: issueWords(issue) }]
}

/** Body fields by their path; others say which part of the request they are in. */
function name(part: Part, path: readonly string[]): string {
  const field = path.join('.').slice(0, 200)
  if (part === 'body') return field === '' ? 'body' : field
  return `${part} ${field}`.trim()
}
