import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { dashboardUrl, type Plan } from './plan.ts'

const firstMs = 15_000
const thenMs = 60_000
const Readiness = z.looseObject({ parts: z.record(z.string(), z.looseObject({ ok: z.boolean(), detail: z.string().default('') })) })

/** While the start takes unusually long: says what it waits for, after 15 s and then each minute, until `signal` aborts. */
export async function tellWhatHoldsUp(plan: Plan, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    for (let waitMs = firstMs; ; waitMs = thenMs) {
      await delay(waitMs, undefined, { signal })
      say(`Not ready yet. ${await holdUp(`${dashboardUrl(plan)}/readyz`)}`)
    }
  } catch {
    // Aborted: there is nothing more to tell.
  }
}

/** What the API says is not there yet, or that the API itself is not. */
export async function holdUp(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    const { parts } = Readiness.parse(await answer.json())
    const missing = Object.entries(parts).filter(([, part]) => !part.ok)
    return missing.length === 0 ? 'All parts are there by now.' : missing.map(([name, { detail }]) => `${name}: ${detail}`).join('; ')
  } catch {
    return 'The API does not answer yet.'
  }
}
