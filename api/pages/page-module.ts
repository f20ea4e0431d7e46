import type { Html } from '../../views/html.ts'
import type { Form } from './form-action.ts'
import type { LiveView } from './live-view.ts'
import type { PageName } from '../../views/page.ts'

/** What is in a dialog when its button is pressed, so that it tells how things are at that moment. Throws `Problem` when it cannot be shown. */
export type Dialog = (query: URLSearchParams) => Promise<Html> | Html

/** One page with all that can be done on it. */
export interface PageModule {
  readonly page: PageName
  /** `origin` is the address that the reader's browser uses. */
  view(query: URLSearchParams, origin: string): LiveView
  readonly dialogs: Readonly<Record<string, Dialog>>
  readonly forms: readonly Form[]
  /** Further pieces of a page, by their address: what a dialog that is open asks again for. */
  readonly pieces?: Readonly<Record<string, Dialog>>
}
