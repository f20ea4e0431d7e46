import { expect, inject, test } from 'vitest'
import { RealHosts } from './real-hosts.ts'
import { run, stageScript } from './stage-script.ts'

const hosts = new RealHosts(inject('realHosts'))

test('while they are held, nobody else gets them, and they stay up', async () => {
  const second = await run(stageScript, ['hold', '0'], 10)
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody else has used the hosts') as string })
  expect(await hosts.ssh('spark-a', 'true')).toMatchObject({ code: 0 })
})
