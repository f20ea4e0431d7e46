import type { ReservationView } from '../domain/lock.ts'
import type { Status } from '../domain/status.ts'
import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { html, type Html } from './html.ts'
import { hostList } from './model-name.ts'
import { paths } from './paths.ts'
import { moment, remainingUntil } from './time.ts'

/** Who holds the right to swap, why, until when; and a way to end it that asks for a reason. */
export function lockBanner(status: Status): Html {
  const { locks, waiting } = status.lock
  return html`<section id="lock" aria-label="Lock" ${locks.length === 0 ? html`hidden` : ''}>
    ${locks.map((lock) => reservation(lock, status, waiting))}
  </section>`
}

const reservation = (lock: ReservationView, status: Status, waiting: number): Html => {
  const everywhere = lock.hosts.length === 0 || lock.hosts.length === status.hosts.length
  return html`<div class="banner lock" data-tone="lock">
    <div>
      <p>
        <strong>${lock.holder}</strong> holds the lock on
        ${everywhere ? 'all hosts' : hostList(lock.hosts)}${lock.purpose !== null && html`: ${lock.purpose}`}
      </p>
      <p class="facts">
        <span>until ${moment(lock.expires_at)}</span>
        <span>${remainingUntil(lock.expires_at)} left</span>
        <span>since ${moment(lock.acquired_at)}</span>
        ${waiting > 0 && html`<span>${waiting} waiting</span>`}
      </p>
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
}
