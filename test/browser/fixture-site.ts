import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import pino from 'pino'
import type { RequestState } from '../../api/context.ts'
import { bodyLimit } from '../../api/middleware/body.ts'
import { crossOrigin } from '../../api/middleware/cross-origin.ts'
import { problems } from '../../api/middleware/problems.ts'
import { securityHeaders } from '../../api/middleware/security-headers.ts'
import { createPages } from '../../api/pages/index.ts'
import type { PageData } from '../../views/page-data.ts'
import { fixtureControl, type FixtureState } from './fixture-control.ts'
import { fixtureState } from './fixture-state.ts'

export interface FixtureSite extends FixtureState {
  readonly url: string
  /** Ends all connections, as a server that goes down does. */
  cutConnections(): void
  close(): Promise<void>
}

/** The pages behind their real guards and on real HTTP, over data that a test sets: for states that are hard to bring about on a real cluster. */
export async function startFixtureSite(data: PageData): Promise<FixtureSite> {
  const log = pino({ level: 'silent' })
  const app = new Koa<RequestState>()
  app.silent = true
  app.use(problems(log)).use(securityHeaders).use(crossOrigin).use(bodyLimit)
  const server = createServer()
  const site: FixtureSite = {
    url: '',
    ...fixtureState(data),
    cutConnections: () => server.closeAllConnections(),
    async close() {
      pages.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  const pages = createPages({ control: fixtureControl(site), log })
  pages.mountOn(app)
  const answer = app.callback()
  server.on('request', (request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return Object.assign(site, { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }) // a TCP server that listens has one
}
