import type { Lock, ReservationView } from '../domain/lock.ts'
import type { Status } from '../domain/status.ts'
import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { html, type Html } from './html.ts'
import { hostList } from './model-name.ts'
import { badge } from './outcome.ts'
import { paths } from './paths.ts'
import { elapsedSince, moment, remainingUntil } from './time.ts'

/** Who holds the right to swap, why, until when, and who waits for it; and a way to end it that asks for a reason. */
export function lockBanner(status: Status): Html {
  const { locks } = status.lock
  return html`<section id="lock" aria-label="Lock" ${locks.length === 0 ? html`hidden` : ''}>
    ${locks.map((lock) => reservation(lock, status))}
  </section>`
}

const reservation = (lock: ReservationView, status: Status): Html =>
  html`<div class="banner lock" data-tone="lock">
    <div>
      <p>
        <strong>${lock.holder}</strong> holds the lock on ${onHosts(lock.hosts, status)}${lock.purpose !== null && html`: ${lock.purpose}`}
        ${expiresSoon(lock, status.now) && badge('warn', 'expires soon')}
      </p>
      <p class="facts">
        <span>until ${moment(lock.expires_at)}</span>
        <span>${remainingUntil(lock.expires_at)} left</span>
        <span>since ${moment(lock.acquired_at)}</span>
      </p>
      ${line(lock, status)}
    </div>
    ${dialogButton({
      id: `release-${String(lock.fence)}`,
      label: 'Force release…',
      about: `the lock of ${lock.holder}`,
      url: paths.releaseDialog(lock.hosts),
      permit: permit('force_release', status),
      look: 'danger',
    })}
  </div>`

/** The last fifth of its time, but not more than five minutes: time enough for its holder to extend it. */
const expiresSoon = ({ acquired_at, expires_at }: ReservationView, now: string): boolean => {
  const whole = Date.parse(expires_at) - Date.parse(acquired_at)
  return Date.parse(expires_at) - Date.parse(now) <= Math.min(whole / 5, 300_000)
}

/** Who stands in line behind this reservation, the next one first. */
function line(lock: ReservationView, status: Status): Html {
  const behind = status.lock.line.filter((waiter) => overlap(waiter, lock))
  return html`${
    behind.length > 0 &&
    html`<p class="line-title">In line</p>
      <ol class="line-of">
        ${behind.map(
          ({ holder, hosts, since }) =>
            html`<li><strong>${holder}</strong> <span class="muted">for ${onHosts(hosts, status)}, waits ${elapsedSince(since)}</span></li>`,
        )}
      </ol>`
  }`
}

const overlap = ({ hosts }: Lock['line'][number], lock: ReservationView): boolean =>
  hosts.length === 0 || lock.hosts.length === 0 || hosts.some((host) => lock.hosts.includes(host))

const onHosts = (hosts: readonly string[], status: Status): string =>
  hosts.length === 0 || hosts.length === status.hosts.length ? 'all hosts' : hostList(hosts)
