import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { startDemoHost } from '../../demo/host.ts'
import { givePort, keepPort } from '../../demo/ports.ts'

const dir = mkdtempSync(join(tmpdir(), 'demo-ports-'))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('where another demo has the SSH port, its model port is left to it too, though nothing serves there yet', async () => {
  const [ssh, vllm] = [await keepPort(0), await keepPort(0)]
  for (const port of [ssh, vllm]) givePort(port)
  const other = createServer().listen(ssh, '127.0.0.1')
  await once(other, 'listening')
  const host = await startDemoHost({ name: 'spark-1', dir, authorizedKeys: [], sshPort: ssh, vllmPort: vllm })
  try {
    expect(host.sshPort).not.toBe(ssh)
    expect(host.vllmPort).not.toBe(vllm)
  } finally {
    await host.close()
    other.close()
  }
})
