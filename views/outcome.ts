import type { Outcome } from '../domain/swap.ts'
import { html, type Html } from './html.ts'

export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'idle'

/** A short word in a colour; the word alone says it too. */
export const badge = (tone: Tone, text: string): Html => html`<span class="badge" data-tone="${tone}">${text}</span>`

/** What each outcome means to the person who asked for the swap. */
const outcomes: Record<Outcome, { tone: Tone; label: string; meaning: string }> = {
  completed: { tone: 'ok', label: 'Completed', meaning: 'The model was validated and serves.' },
  preflight_failed: { tone: 'bad', label: 'Check failed', meaning: 'Nothing was touched.' },
  failed: { tone: 'bad', label: 'Failed', meaning: 'Nothing was launched.' },
  restored: { tone: 'warn', label: 'Put back', meaning: 'It failed, and the previous model serves again.' },
  restore_failed: { tone: 'bad', label: 'Not put back', meaning: 'It failed, and the previous model could not be put back.' },
  left_empty: { tone: 'bad', label: 'Left empty', meaning: 'It failed, and the hosts hold no model.' },
  cancelled: { tone: 'idle', label: 'Cancelled', meaning: 'It was cancelled.' },
  timed_out: { tone: 'bad', label: 'Timed out', meaning: 'It passed its deadline.' },
  terminated: { tone: 'bad', label: 'Terminated', meaning: 'It was ended by hand in Temporal.' },
}

export const outcomeBadge = (outcome: Outcome): Html => badge(outcomes[outcome].tone, outcomes[outcome].label)
export const outcomeMeaning = (outcome: Outcome): string => outcomes[outcome].meaning
