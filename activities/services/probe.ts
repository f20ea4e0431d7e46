import { z } from 'zod'
import { judge, stepsOf, type ProbeVerdict } from '../../domain/services/judge.ts'
import { kindOf } from '../../domain/services/kinds.ts'
import type { Service } from '../../domain/services/service.ts'
import type { ServiceClient } from './client.ts'

const stepLimitS = 4
const Models = z.object({ data: z.array(z.object({ id: z.string().min(1).max(300) })) })

export interface ProbeResult {
  readonly verdict: ProbeVerdict
  /** The first model that it lists; null where it lists none, or was not asked. */
  readonly serves: string | null
}

/** One look at a service: its kind's questions in order, up to the first that is not answered as it should be. It asks for no completion and loads nothing. */
export async function probe(service: Service, client: ServiceClient, signal: AbortSignal): Promise<ProbeResult> {
  const steps = stepsOf(service)
  if (steps === null) return { verdict: judge(service.kind, null, await client.connect(signal)), serves: null }
  let verdict: ProbeVerdict = { state: 'up', detail: null }
  let serves: string | null = null
  for (const step of steps) {
    const { answer, text } = await client.ask(step.path, stepLimitS, signal)
    verdict = judge(service.kind, step, answer)
    if (verdict.state !== 'up') break
    if (step.path === kindOf(service.kind).models) serves = firstModel(text)
  }
  return { verdict, serves }
}

/** The name of the first model in an answer of `/v1/models`. */
export function firstModel(text: string): string | null {
  try {
    return Models.parse(JSON.parse(text)).data[0]?.id ?? null
  } catch {
    return null
  }
}
