import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import type { ScheduleRun, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'
import { startStage, type Stage, type StageOptions } from './stage.ts'

/** A stage with the API in front of it, and managed schedules that a test makes. Whoever starts it closes it. */
export class ManagedStage {
  readonly stage: Stage
  readonly api: ApiServer

  static async start(options: StageOptions = {}): Promise<ManagedStage> {
    const stage = await startStage(options)
    return new ManagedStage(stage, await ApiServer.over(stage.config, inject('temporalAddress')))
  }

  private constructor(stage: Stage, api: ApiServer) {
    this.stage = stage
    this.api = api
  }

  /** Registers a managed schedule that comes due only next year, unless `more` says otherwise, and waits until Temporal has it. */
  async schedule(id: string, action: object, more: object = {}): Promise<ScheduleView> {
    const body = { kind: 'managed', id, action, ...('every' in more ? {} : { at: nextYear() }), ...more }
    const { status, json } = await this.api.post('/api/schedule', body)
    if (status !== 201 && status !== 200) throw new Error(`the schedule was not registered: ${JSON.stringify(json)}`)
    return await this.until(id, (view) => view.in_temporal)
  }

  async read(id: string): Promise<ScheduleView> {
    const { status, json } = await this.api.ask(`/api/schedule/${id}`)
    if (status !== 200) throw new Error(`no schedule ${id}: ${JSON.stringify(json)}`)
    return json as ScheduleView // the route's answer
  }

  /** Waits until it is shown as `wanted` says; the test's own limit bounds it. */
  async until(id: string, wanted: (view: ScheduleView) => boolean): Promise<ScheduleView> {
    for (;;) {
      const view = await this.read(id)
      if (wanted(view)) return view
      await pause(100)
    }
  }

  post(path: string, body: object = {}): Promise<ApiAnswer> {
    return this.api.post(path, body)
  }

  /** Runs it by hand and waits for the end of that run. */
  async run(id: string): Promise<ScheduleRun> {
    const before = (await this.read(id)).runs.length
    const { status, json } = await this.post(`/api/schedule/${id}/run`)
    if (status !== 200) throw new Error(`it was not run: ${JSON.stringify(json)}`)
    return await this.ended(id, before + 1)
  }

  /** Waits until there are so many runs and the newest has ended. */
  async ended(id: string, runs: number): Promise<ScheduleRun> {
    const { last_run } = await this.until(id, (view) => view.runs.length >= runs && view.last_run?.ended_at !== null)
    if (last_run === null) throw new Error('there is no run')
    return last_run
  }

  async close(): Promise<void> {
    for await (const { scheduleId } of this.stage.client.schedule.list()) {
      if (scheduleId.startsWith(`spark/${this.stage.clusterId}/`)) await this.stage.client.schedule.getHandle(scheduleId).delete()
    }
    await this.api.close()
    await this.stage.close()
  }
}

const nextYear = (): string => new Date(Date.now() + 365 * 86_400_000).toISOString()
