import type { Actor } from '../events.ts'
import { rfc3339, type Millis, type Sha256 } from '../names.ts'
import { toServerClock } from './clock.ts'
import type { ArbiterState, Reservation } from './state.ts'
import { refused, type Refusal } from './step.ts'

/** How a reservation ended, for a holder who comes back with its token. */
export interface EndedToken {
  readonly tokenHash: Sha256
  readonly how: 'forced' | 'expired' | 'unconfirmed'
  readonly by: string | null
  readonly reason: string | null
  readonly at: Millis
}

const keptForMs = 3_600_000
const mostForced = 100
const mostOthers = 50

export interface Ending {
  readonly how: EndedToken['how']
  readonly by?: Actor | null
  readonly reason?: string | null
}

/** Remembers why this reservation's token is not current any more. Those ended by force have room of their own. */
export function rememberEnd(state: ArbiterState, { tokenHash }: Reservation, { how, by = null, reason = null }: Ending): ArbiterState {
  const ended: EndedToken = { tokenHash, how, by: by?.name.slice(0, 60) ?? null, reason: reason?.slice(0, 120) ?? null, at: state.clock }
  const all = [...(state.endedTokens ?? []).filter((one) => one.tokenHash !== tokenHash), ended]
  const last = (most: number, alike: (one: EndedToken) => boolean): EndedToken[] => all.filter(alike).slice(-most)
  const forced = last(mostForced, (one) => one.how === 'forced')
  return { ...state, endedTokens: [...forced, ...last(mostOthers, (one) => one.how !== 'forced')] }
}

/** Nobody is told for ever. */
export const forgetEnds = (ended: readonly EndedToken[], clock: Millis): readonly EndedToken[] =>
  ended.some((one) => one.at + keptForMs <= clock) ? ended.filter((one) => one.at + keptForMs > clock) : ended

/** A token that is not current (ARBITER.md R4), with what became of it where that is known. */
export function stale(state: ArbiterState, tokenHash: Sha256 | null): Refusal {
  const ended = state.endedTokens?.find((one) => one.tokenHash === tokenHash)
  return refused('lock_stale', { message: ended === undefined ? null : words(ended, rfc3339(toServerClock(state, ended.at))) })
}

/** Whoever's reservation was ended by force does not get a new one by repeating itself: it has to see that somebody stepped in. */
export const wasForced = (state: ArbiterState, tokenHash: Sha256): boolean =>
  state.endedTokens?.some((one) => one.tokenHash === tokenHash && one.how === 'forced') ?? false

function words({ how, by, reason }: EndedToken, at: string): string {
  if (how === 'expired') return `This reservation expired at ${at}`
  if (how === 'unconfirmed') return `This reservation was given up at ${at}: nobody confirmed it`
  return `${by ?? 'Somebody'} ended this reservation at ${at}${reason === null ? '' : `: ${reason}`}`
}
