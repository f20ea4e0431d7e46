import type { SwapAnswer } from '../../domain/swap-answer.ts'
import { nothingDone } from '../../views/answer.ts'
import { apiRequests } from '../../views/api-requests.ts'
import { planReport } from '../../views/dialogs/report.ts'
import type { Html } from '../../views/html.ts'
import { paths } from '../../views/paths.ts'
import type { Caller, Control } from '../deps.ts'
import { formAction, type Form } from './form-action.ts'
import { readCancelForm, readDryRunForm, readReleaseForm, readSwapForm, readUnloadForm, type SwapForm } from './form.ts'

/** What the dashboard's forms do. The same functions answer the REST routes; here their answers are words beside the button. */
export function dashboardForms(control: Control): readonly Form[] {
  const swapForm = (path: string, read: (form: URLSearchParams) => SwapForm): Form =>
    formAction({
      path,
      read,
      requests: ({ body, force }) => apiRequests.swap(body, force),
      act: async ({ body, force, attempt }, by: Caller) => said(await control.requestSwap(body, { ...by, idempotencyKey: attempt }, { force })),
    })
  return [
    swapForm(paths.swap, readSwapForm),
    swapForm(paths.unload, readUnloadForm),
    formAction({
      path: paths.cancel,
      read: readCancelForm,
      requests: ({ id, reason }) => apiRequests.cancel(id, reason),
      async act({ id, reason }, by) {
        await control.cancelSwap(id, reason, by)
        return null
      },
    }),
    formAction({
      path: paths.forceRelease,
      read: readReleaseForm,
      requests: apiRequests.forceRelease,
      async act(body, by) {
        await control.forceReleaseLock(body, by)
        return null
      },
    }),
    formAction({
      path: paths.dryRun,
      read: readDryRunForm,
      requests: ({ model, hosts }) => apiRequests.check(model, hosts),
      act: async ({ model, hosts }) => planReport(await control.checkModel(model, hosts.length === 0 ? undefined : hosts), control.readModels()),
    }),
  ]
}

const said = (answer: SwapAnswer): Html | null =>
  answer.kind === 'already_serving'
    ? nothingDone(`${answer.serving.hosts.join(', ')} serves it already; nothing was done. Restart it under Options.`)
    : null
