import type { z } from 'zod'

/** What is wrong with a field, in words for whoever wrote it. A field that is needed and not there is called missing, not of a wrong type. */
export const issueWords = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined') ? `is missing (${issue.expected})` : issue.message
