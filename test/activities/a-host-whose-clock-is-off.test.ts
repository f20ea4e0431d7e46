import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { clearHost } from '../../activities/clear-host.ts'
import { EngineLogReader } from '../../activities/engine-log-reader.ts'
import { SwapLog } from '../../activities/swap-log.ts'
import { nothingYet } from '../../domain/clearing.ts'
import { swapLogName } from '../../domain/swap-log.ts'
import { ScriptedHost } from './scripted-host.ts'

let spark: ScriptedHost
let logs: string
beforeAll(async () => {
  spark = await ScriptedHost.start()
  logs = mkdtempSync(join(tmpdir(), 'spark-clock-'))
})
afterEach(() => spark.reset())
afterAll(async () => {
  await spark.close()
  rmSync(logs, { recursive: true, force: true })
})

test.each(['1 day ago', '1 day'])(
  'a host whose clock shows %s is fenced, cleared and proven like any other, and its time is told as its own',
  async (clock) => {
    spark.write('clock', clock)
    const { hostTimeMs } = await spark.hosts.facts('spark-1')
    expect(Math.abs((hostTimeMs ?? 0) - Date.now())).toBeGreaterThan(23 * 3_600_000)
    const target = { host: 'spark-1', target: true, head: true, containers: ['vllm_node'], stopGraceS: 1 }
    const plan = { clusterId: 'home', hosts: [target], makeRoomFor: null, memoryFloorGib: 8 }
    const mark = { clusterId: 'home', fence: Date.now(), step: 1, attempt: 1 }
    await spark.hosts.raiseFence('spark-1', mark)
    const job = { hosts: spark.hosts, plan, mark, limitS: 30, lastWords: () => '/dev/null', say: () => undefined, remember: () => undefined }
    expect(await clearHost(job, target, nothingYet)).toMatchObject({ state: 'cleared', cause: null })
    expect(await spark.hosts.marker('spark-1')).toMatchObject({ fence: { fence: mark.fence } })
  },
)

/** A reader, and what it wrote into the swap's log: each line without its time and phase. */
function reader(swapId: string, last: string | null): { reader: EngineLogReader; written: () => string[] } {
  const log = SwapLog.open(logs, swapId, 'launch')
  const written = (): string[] => {
    log.close()
    const lines = readFileSync(join(logs, swapLogName(swapId)), 'utf8')
      .trimEnd()
      .split('\n')
    return lines.map((line) => line.replace(/^\S+ launch /, ''))
  }
  return { reader: new EngineLogReader(log, last, () => undefined), written }
}

test('a clock that is set back while an engine starts hides none of its lines', () => {
  const { reader: log, written } = reader('swap-0001', null)
  for (const line of [
    '2026-11-25T05:00:00.1Z Starting to load model org/m...',
    '2026-11-25T05:00:01.1Z Loading safetensors checkpoint shards:  56% Completed | 5/9',
    '2026-11-24T05:00:02.1Z Loading safetensors checkpoint shards:  78% Completed | 7/9',
    '2026-11-24T05:00:03.1Z Loading weights took 25.41 seconds',
  ])
    log.take(line)
  expect(log.progress.stage).toBe('weights loaded')
  expect(written()).toHaveLength(4)
})

test('what a new connection shows again is read once, progress bars included', () => {
  const { reader: log, written } = reader('swap-0002', '2026-11-24T05:00:01.1Z')
  for (const line of ['2026-11-24T05:00:00.1Z old', '2026-11-24T05:00:00.9Z  10%\r 20%', ' 30%', '2026-11-24T05:00:01.2Z new', ' 40%']) log.take(line)
  expect(written()).toEqual(['new', ' 40%'])
})

test('each line of a swap’s log has our own time, whatever the host’s clock says', () => {
  const log = SwapLog.open(logs, 'swap-0003', 'launch')
  new EngineLogReader(log, null, () => undefined).take('2020-01-01T00:00:00.1Z hello')
  log.close()
  const text = readFileSync(join(logs, swapLogName('swap-0003')), 'utf8')
  expect(text).toMatch(/^\d{4}-\S+Z launch hello\n$/)
  expect(text).not.toContain('2020-')
})
