import type { ProblemDocument } from '../domain/problem.ts'
import { refusal } from './answer.ts'
import { html, type Html } from './html.ts'

/** What a page shows, or why that can't be told now. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly problem: ProblemDocument }

/** In the place of what is not known. */
export const unknown = (id: string, problem: ProblemDocument): Html => html`<section id="${id}">${refusal(problem)}</section>`
