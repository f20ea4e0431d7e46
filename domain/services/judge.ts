import { kindOf, type ProbeStep } from './kinds.ts'
import type { Service } from './service.ts'

/** How one question of a probe came out. */
export type ProbeAnswer =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'connected' }
  /** No answer that could be read: refused, cut, no such name, too late. */
  | { readonly kind: 'silent'; readonly words: string }

/** What one look says of a service. `detail` is null where the state says it all. */
export interface ProbeVerdict {
  readonly state: 'up' | 'up_needs_key' | 'starting' | 'down'
  readonly detail: string | null
}

const up: ProbeVerdict = { state: 'up', detail: null }

/** The questions of one probe of this service, in order. null: only a connection is tried. */
export function stepsOf({ kind, path }: Pick<Service, 'kind' | 'path'>): readonly ProbeStep[] | null {
  const { probe } = kindOf(kind)
  return probe === null || path === null ? probe : [{ path }]
}

/** Judges one answer. Total: any status and any silence has a verdict. */
export function judge(kind: Service['kind'], step: ProbeStep | null, answer: ProbeAnswer): ProbeVerdict {
  if (answer.kind === 'silent') return { state: 'down', detail: answer.words }
  if (answer.kind === 'connected' || step === null) return up
  const { status } = answer
  const said = `${step.path} answered ${String(status)}`
  if (status >= 200 && status < 400) return up
  if (status === 401 || status === 403) return { state: 'up_needs_key', detail: said }
  if (status === 404 && step.mayBeMissing === true) return up
  if (status === 429) return { state: 'up', detail: `${said}: it has more to do than it takes` }
  if (status === 503) return { state: kindOf(kind).on503, detail: said }
  return { state: 'down', detail: said }
}
