import { Problem, problemDocument } from '../../domain/problem.ts'
import type { Known } from '../../views/known.ts'

/** What was read, or why it can't be told now: a part of a page that is missing does not take the rest with it. */
export async function known<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return { known: true, value: await read() }
  } catch (error) {
    if (error instanceof Problem) return { known: false, problem: problemDocument(error, '') }
    throw error
  }
}
