import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { managedRunWorkflowId, temporalScheduleId, type ScheduleRun, type ScheduleView } from '../../domain/scheduling/schedule.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'
import { keepHistory } from './keep-history.ts'
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
    return await this.until(id, () => true)
  }

  /** Waits until it is shown as `wanted` says, also over times in which no worker tells; the test's own limit bounds it. */
  async until(id: string, wanted: (view: ScheduleView) => boolean): Promise<ScheduleView> {
    for (;;) {
      const { status, json } = await this.api.ask(`/api/schedule/${id}`)
      if (status !== 200 && status !== 503) throw new Error(`no schedule ${id}: ${JSON.stringify(json)}`)
      if (status === 200 && wanted(json as ScheduleView)) return json as ScheduleView // the route's answer
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

  /** The workflow of the newest run, once Temporal lists one. */
  async workflowOf(id: string): Promise<string> {
    const { client, clusterId } = this.stage
    for (;;) {
      const started = client.workflow.list({ query: `WorkflowId STARTS_WITH '${managedRunWorkflowId(clusterId, id)}-'` })
      for await (const { workflowId } of started) return workflowId
      await pause(100)
    }
  }

  /** Keeps the history of the newest run for the replay in the unit lane, where that is asked for. */
  async keepHistory(id: string, branch: string): Promise<void> {
    await keepHistory(this.stage.client, `managed-${branch}`, await this.workflowOf(id))
  }

  async close(): Promise<void> {
    // None may go on firing for a stage that is gone. Paused ones fire nothing.
    const { client, clusterId } = this.stage
    for await (const { scheduleId, state } of client.schedule.list()) {
      if (state.paused || !scheduleId.startsWith(temporalScheduleId(clusterId, ''))) continue
      await client.schedule
        .getHandle(scheduleId)
        .delete()
        .catch(() => undefined)
    }
    await this.api.close()
    await this.stage.close()
  }
}

const nextYear = (): string => new Date(Date.now() + 365 * 86_400_000).toISOString()
