import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const script = fileURLToPath(new URL('netns-hosts.sh', import.meta.url))

test('while they are held, nobody else gets them, and they stay up', async () => {
  const second = promisify(execFile)(script, ['hold', '0'])
  await expect(second).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('somebody else has used the hosts') as string })
  expect(await hosts.ssh('spark-a', 'true')).toMatchObject({ code: 0 })
})
