import type { Status } from '../../domain/status.ts'
import type { PageName } from '../../views/page.ts'
import type { Regions } from '../../views/regions.ts'

/** A page as it is looked at, its query included. Whoever looks at the same thing shares one look. */
export interface LiveView {
  readonly page: PageName
  /** The address of its stream; what has the same one is the same view. */
  readonly stream: string
  /** Reads what this page shows, and no more. */
  look(): Promise<{ readonly status: Status; readonly regions: Regions }>
}
