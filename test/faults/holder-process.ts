import { createInterface } from 'node:readline'
import { request } from 'undici'

/**
 * `node test/faults/holder-process.ts <url>`: a client of the API in a process of its own, which a test may freeze. Each line of its input is a request
 * (method, path, headers, body, as JSON), each line of its output the answer to one (status, json).
 */
const [url = ''] = process.argv.slice(2)

interface Line {
  readonly method: 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

for await (const line of createInterface({ input: process.stdin })) {
  const { method, path, headers = {}, body } = JSON.parse(line) as Line // of the test that started us
  // a connection for each: one that stayed open through a freeze would have been closed by the other side
  const answer = await request(`${url}${path}`, {
    ...{ method, reset: true, headers: { 'content-type': 'application/json', ...headers } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  process.stdout.write(`${JSON.stringify({ status: answer.statusCode, json: await answer.body.json() })}\n`)
}
