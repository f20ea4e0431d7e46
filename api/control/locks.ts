import type { ConfigSource } from '../../config/load.ts'
import type { Answer } from '../../domain/arbitration/command.ts'
import type { Wish } from '../../domain/group-commit.ts'
import { lockView, reservationView } from '../../domain/lock-view.ts'
import { actorOf, holderActor } from '../caller.ts'
import type { Control, LockWait } from '../deps.ts'
import { mintToken, sha256 } from '../secrets.ts'
import type { Arbiter } from '../temporal/arbiter.ts'
import { clusterOf, hostsOf } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'
import { goneAway, isGranted, standInLine, tryToAsk, type Granted } from './lock-line.ts'
import { refusalOf } from './refused.ts'

type AcquireWish = Extract<Wish, { type: 'acquire' }>

/** Reservations, by the arbiter's word. */
export function createLocks(
  links: () => ClusterLink,
  config: ConfigSource,
): Pick<Control, 'readLock' | 'acquireLock' | 'extendLock' | 'releaseLock' | 'forceReleaseLock'> {
  const shown = (arbiter: Arbiter, { reservation }: Granted, token: string) => ({ ...reservationView(reservation, arbiter.now()), token })

  return {
    async readLock() {
      const { arbiter } = links()
      const { reservations, waiting } = await arbiter.view()
      return lockView(reservations, arbiter.now(), waiting)
    },

    async acquireLock({ holder, ttl_s, purpose, hosts, token }, caller, wait) {
      const { arbiter } = links()
      const secret = token ?? mintToken()
      const wish: AcquireWish = {
        type: 'acquire',
        tokenHash: sha256(secret),
        holder,
        purpose: purpose ?? null,
        ttlS: ttl_s,
        hosts: hosts === undefined ? null : hostsOf(clusterOf(config), hosts),
        schedule: caller.schedule,
        by: holderActor(caller, holder),
      }
      const comesBack = token !== undefined
      const granted =
        wait !== undefined && wait.waitS > 0 ? await standInLine(arbiter, wish, wait, comesBack) : await atOnce(arbiter, wish, wait, comesBack)
      return { created: granted.kind === 'granted', lock: shown(arbiter, granted, secret) }
    },

    async extendLock(ttlS, token, caller) {
      const { arbiter } = links()
      const answer = await arbiter.ask({ type: 'extend', tokenHash: sha256(token), ttlS, by: holderActor(caller) })
      if (!isGranted(answer)) throw refusalOf(answer, arbiter)
      return shown(arbiter, answer, token)
    },

    async releaseLock(token, caller) {
      const { arbiter } = links()
      return released(arbiter, await arbiter.ask({ type: 'release', tokenHash: sha256(token), by: holderActor(caller) }))
    },

    async forceReleaseLock({ reason, hosts }, caller) {
      const { arbiter } = links()
      const named = hosts === undefined ? null : hostsOf(clusterOf(config), hosts)
      return released(arbiter, await arbiter.ask({ type: 'force_release', reason, hosts: named, by: actorOf(caller) }))
    },
  }
}

function released(arbiter: Arbiter, answer: Answer): { released: number } {
  if (answer.kind !== 'released') throw refusalOf(answer, arbiter)
  return { released: answer.count }
}

/** Takes it now or is refused. A token that was minted here and that nobody got to see must not hold the lock until it expires. */
async function atOnce(arbiter: Arbiter, wish: AcquireWish, wait: LockWait | undefined, comesBack: boolean): Promise<Granted> {
  const { tokenHash, by } = wish
  const giveBack = () => (comesBack ? null : tryToAsk(arbiter, { type: 'release', tokenHash, ...(by !== undefined && { by }) }))
  let answer: Answer
  try {
    answer = await arbiter.ask(wish)
  } catch (error) {
    void giveBack() // it may have been granted, with the answer lost
    throw error
  }
  if (!isGranted(answer)) throw refusalOf(answer, arbiter)
  if (wait?.gone.aborted === true) {
    void giveBack()
    throw goneAway()
  }
  void wait?.answered.catch(giveBack)
  return answer
}
