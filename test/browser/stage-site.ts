import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { inject } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createControl } from '../../api/control.ts'
import { Metrics } from '../../api/metrics.ts'
import { TemporalLink } from '../../api/temporal/link.ts'
import { startStage, type Stage, type StageOptions } from '../integration/stage.ts'

export interface StageSite {
  readonly stage: Stage
  readonly url: string
  close(): Promise<void>
}

/** The whole product on one port: demo hosts over real SSH, a worker, Temporal, the API and its pages. Whoever starts it closes it. */
export async function startStageSite(options: StageOptions): Promise<StageSite> {
  const stage = await startStage(options)
  const log = pino({ level: process.env['SPARK_LOG_LEVEL'] ?? 'silent' })
  const link = new TemporalLink({ connectionOptions: { address: inject('temporalAddress') }, namespace: 'default' })
  const app = createApp({ control: createControl(link, stage.config), config: stage.config, log, metrics: new Metrics() })
  const answer = app.koa.callback()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    stage,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, // a TCP server that listens has one
    async close() {
      app.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await link.close()
      await stage.close()
    },
  }
}
