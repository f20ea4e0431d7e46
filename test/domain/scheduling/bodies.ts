import { ExternalBody, ManagedBody } from '../../../domain/scheduling/schedule.ts'

type When = Partial<Pick<ExternalBody, 'cron' | 'every' | 'at'>>

const daily = { cron: '0 3 * * *' }
const planned = (more: When): When => ((more.cron ?? more.every ?? more.at) === undefined ? daily : {})

/** An external schedule as the API takes it, every night at three unless told otherwise. */
export const external = (more: Partial<ExternalBody> = {}): ExternalBody =>
  ExternalBody.parse({ id: 'a-cron', owner: 'Ada', host: 'nas', ...planned(more), ...more })

/** A managed one: the same, as a swap. */
export const managed = (more: Partial<ManagedBody> = {}): ManagedBody =>
  ManagedBody.parse({ kind: 'managed', id: 'a-managed', action: { type: 'swap', model: 'qwen3-30b' }, ...planned(more), ...more })
