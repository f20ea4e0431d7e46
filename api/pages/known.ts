import { Problem, problemDocument } from '../../domain/problem.ts'
import type { Model } from '../../domain/model.ts'
import type { Known } from '../../views/known.ts'
import type { Control } from '../deps.ts'

/** What was read, or why it can't be told now: a part of a page that is missing does not take the rest with it. */
export async function known<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return { known: true, value: await read() }
  } catch (error) {
    if (error instanceof Problem) return { known: false, problem: problemDocument(error, '') }
    throw error
  }
}

/** Names are only shown by them: without a catalog, keys are shown. */
export function modelsOf(control: Control): readonly Model[] {
  try {
    return control.readModels()
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}
