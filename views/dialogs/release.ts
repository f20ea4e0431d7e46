import type { ReservationView } from '../../domain/lock.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { paths } from '../paths.ts'
import { moment } from '../time.ts'
import { dialogForm, dialogFrame, hostFields, reasonField } from './frame.ts'

/** Ends somebody else's reservation, with a reason that is kept. */
export const releaseDialog = (lock: ReservationView | null): Html =>
  lock === null
    ? dialogFrame('Force release', html`<p>Nobody holds this lock any more.</p>`)
    : dialogFrame(
        'Force release',
        dialogForm(
          { action: paths.forceRelease, submit: 'Release the lock', look: 'danger' },
          html`
            ${hostFields(lock.hosts)}
            <p>
              <strong>${lock.holder}</strong> holds the lock on ${lock.hosts.length === 0 ? 'all hosts' : hostList(lock.hosts)} until
              ${moment(lock.expires_at)}${lock.purpose !== null && html`: ${lock.purpose}`}.
            </p>
            <p>A swap that is running goes on. The holder's next command is refused.</p>
            ${reasonField('Why is it right to end it?', true)}
          `,
        ),
      )
