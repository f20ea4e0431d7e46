import type { Model } from '../../domain/model.ts'
import type { Swap } from '../../domain/swap.ts'
import { html, type Html } from '../html.ts'
import { swapTitle } from '../model-name.ts'
import { paths } from '../paths.ts'
import { dialogForm, dialogFrame, reasonField } from './frame.ts'

/** Says what a cancel does at this point, and asks. */
export const cancelDialog = (swap: Swap, models: readonly Model[]): Html =>
  dialogFrame(
    `Cancel: ${swapTitle(swap.model, models)}`,
    dialogForm(
      { action: paths.cancel, submit: 'Cancel this swap', look: 'danger', disabled: swap.state === 'done' },
      html`
        <input type="hidden" name="id" value="${swap.swap_id}" />
        <p>${consequence(swap)}</p>
        ${reasonField('Reason', false)}
      `,
    ),
  )

const consequence = (swap: Swap): string => {
  if (swap.state === 'done') return 'It has ended already; nothing is left to cancel.'
  if (swap.state === 'queued') return 'It has not begun. It leaves the queue, and no host is touched.'
  return 'What was started is stopped, with proof. Where the previous model was stopped already and shall be put back, it is started again.'
}
