import { ModelKey, SwapId } from '../../domain/names.ts'
import { LogOf, type SwapLogPage } from '../../domain/swap-log.ts'
import { Problem } from '../../domain/problem.ts'
import { paths } from '../../views/paths.ts'
import { oneSwapRegions, shownLines } from '../../views/swaps/one.ts'
import { swapsRegions } from '../../views/swaps/regions.ts'
import type { Control } from '../deps.ts'
import { known, modelsOf } from './known.ts'
import type { LiveView } from './live-view.ts'
import type { PageModule } from './page-module.ts'

const listed = 30

/** All swaps, and each with its log. */
export const swapsPage = (control: Control): PageModule => ({
  page: 'swaps',
  view(query) {
    const id = SwapId.safeParse(query.get('id'))
    return id.success ? one(control, id.data, query.get('of')) : list(control, query)
  },
  forms: [],
  dialogs: {},
})

function list(control: Control, query: URLSearchParams): LiveView {
  const before = /^[A-Za-z0-9_-]{1,2000}$/.exec(query.get('before') ?? '')?.[0] ?? null
  const model = ModelKey.safeParse(query.get('model')).data ?? null
  return {
    page: 'swaps',
    stream: paths.stream('swaps', { before: before ?? undefined, model: model ?? undefined }),
    async look() {
      const [status, page] = await Promise.all([
        control.readStatus(),
        known(() => control.listSwaps({ limit: listed, before: before ?? undefined, model: model ?? undefined })),
      ])
      return { status, regions: swapsRegions({ status, page, before, model, models: modelsOf(control) }) }
    },
  }
}

/** `of` as the list of logs has it; whatever else stands in an address is answered as a log that is not there. */
function one(control: Control, id: string, of: string | null): LiveView {
  const place = of === null ? null : LogOf.safeParse(of)
  const read = async (lines: number): Promise<SwapLogPage> => {
    if (place?.success === false) throw new Problem('unknown_log', 'The address names no log')
    return await control.readSwapLog(id, place?.data ?? null, { lines })
  }
  return {
    page: 'swaps',
    stream: paths.stream('swaps', { id, of: of ?? undefined }),
    async look() {
      const [status, swap, logs] = await Promise.all([control.readStatus(), known(() => control.readSwap(id)), known(() => control.listSwapLogs(id))])
      const running = swap.known && swap.value.swap.state !== 'done' && of === null
      const log = await known(() => read(running ? shownLines.running : shownLines.ended))
      return { status, regions: oneSwapRegions({ status, swap, logs, log, of, models: modelsOf(control) }) }
    },
  }
}
