import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigSource } from '../../config/load.ts'
import type { Answer } from '../../domain/arbitration/command.ts'
import { lockView, reservationView } from '../../domain/lock-view.ts'
import { Problem } from '../../domain/problem.ts'
import { refusal } from '../../domain/refusal.ts'
import type { Control } from '../deps.ts'
import { nameless } from '../caller.ts'
import { mintToken, sha256 } from '../secrets.ts'
import type { Arbiter } from '../temporal/arbiter.ts'
import { clusterOf, hostsOf } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'

const askAgainEvery_ms = 1_000

/** Reservations, by the arbiter's word. */
export function createLocks(
  links: () => ClusterLink,
  config: ConfigSource,
): Pick<Control, 'readLock' | 'acquireLock' | 'extendLock' | 'releaseLock' | 'forceReleaseLock'> {
  return {
    async readLock() {
      const { arbiter } = links()
      const view = await arbiter.view()
      return lockView(view.reservations, arbiter.now())
    },

    async acquireLock({ holder, ttl_s, purpose, hosts, token }, waitS = 0, signal) {
      const { arbiter } = links()
      const secret = token ?? mintToken()
      const tokenHash = sha256(secret)
      const wish = {
        type: 'acquire',
        tokenHash,
        holder,
        purpose: purpose ?? null,
        ttlS: ttl_s,
        hosts: hosts === undefined ? null : hostsOf(clusterOf(config), hosts),
      } as const
      const until = performance.now() + waitS * 1000
      try {
        for (;;) {
          const answer = await arbiter.ask(wish)
          if (signal?.aborted === true) throw new Problem('expired', 'The caller went away')
          if (answer.kind === 'granted' || answer.kind === 'extended') {
            return { created: answer.kind === 'granted', lock: { ...reservationView(answer.reservation, arbiter.now()), token: secret } }
          }
          const problem = unlike(answer, arbiter)
          if (problem.code !== 'reserved' || performance.now() + askAgainEvery_ms > until) throw problem
          await delay(askAgainEvery_ms, undefined, signal === undefined ? {} : { signal })
        }
      } catch (error) {
        // The answer may have been lost after the grant, and a token that nobody ever saw would hold the lock until it expires.
        if (token === undefined && !(error instanceof Problem && error.code === 'reserved')) void giveBack(arbiter, tokenHash)
        throw signal?.aborted === true ? new Problem('expired', 'The caller went away') : error
      }
    },

    async extendLock(ttlS, token) {
      const { arbiter } = links()
      const answer = await arbiter.ask({ type: 'extend', tokenHash: sha256(token), ttlS })
      if (answer.kind !== 'extended' && answer.kind !== 'granted') throw unlike(answer, arbiter)
      return { ...reservationView(answer.reservation, arbiter.now()), token }
    },

    async releaseLock(token) {
      const { arbiter } = links()
      const answer = await arbiter.ask({ type: 'release', tokenHash: sha256(token) })
      if (answer.kind !== 'released') throw unlike(answer, arbiter)
      return { released: answer.count }
    },

    async forceReleaseLock({ reason, hosts }, by) {
      const { arbiter } = links()
      const named = hosts === undefined ? null : hostsOf(clusterOf(config), hosts)
      const answer = await arbiter.ask({ type: 'force_release', by: by ?? nameless, reason, hosts: named })
      if (answer.kind !== 'released') throw unlike(answer, arbiter)
      return { released: answer.count }
    },
  }
}

async function giveBack(arbiter: Arbiter, tokenHash: string): Promise<void> {
  try {
    await arbiter.ask({ type: 'release', tokenHash })
  } catch {
    // Not given back now: it expires by itself.
  }
}

/** The problem in an answer that is not the hoped-for one. */
export function unlike(answer: Answer, arbiter: Arbiter): Problem {
  if (answer.kind === 'refused' || answer.kind === 'expired') return refusal(answer, arbiter.now())
  throw new Error(`the arbiter answered ${answer.kind}`) // a defect: shown as `unexpected`
}
