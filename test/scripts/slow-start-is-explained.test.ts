import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { holdUp } from '../../scripts/up/hold-up.ts'

/** Asks a server that answers `/readyz` with this. */
async function askedOf(body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(503).end(body)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    return await holdUp(`http://127.0.0.1:${port}/readyz`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('names each part that is missing, with the reason', async () => {
  const parts = {
    temporal: { ok: false, detail: 'connection refused' },
    worker: { ok: false, detail: 'no poller' },
    config: { ok: true, detail: 'fine' },
  }
  expect(await askedOf(JSON.stringify({ ok: false, parts }))).toBe('temporal: connection refused; worker: no poller')
})

test('an API that answers something else, or nothing, is told as not being there', async () => {
  expect(await askedOf('<html>')).toBe('The API does not answer yet.')
  expect(await holdUp('http://127.0.0.1:1/readyz')).toBe('The API does not answer yet.')
})
