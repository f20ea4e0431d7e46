import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditEvent } from '../../domain/events.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { claim, hash, swap, wish } from '../domain/arbitration/commands.ts'
import { auditUntil } from '../setup/audit.ts'
import { keepRuns } from './keep-history.ts'
import type { RunningSwap } from './running-swap.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
const slow = 'qwen3-30b-a3b-fp8'
const other = 'gemma-3-27b'

beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(async () => {
  await keepRuns(stage.client, 'arbiter-over-losses', arbiterWorkflowId(stage.clusterId), 3)
  await stage.close()
})

const endsOf = (swap: RunningSwap, lines: AuditEvent[]): AuditEvent[] =>
  lines.filter(({ type, swap_id }) => swap_id === idOf(swap.handle.workflowId) && (type === 'swap_complete' || type === 'swap_failed'))
const idOf = (workflowId: string): string => workflowId.slice(workflowId.lastIndexOf('/') + 1)

test('a swap terminated by hand: its host is surveyed under a higher fence, the next in the queue goes, the event is on record', async () => {
  stage.host('spark-1').behave({ load_s: 60 })
  const running = await stage.startSwap(slow)
  await running.inPhase('launch')
  const waiting = await stage.startSwap(other, { onBusy: 'queue' })
  const { fence } = await stage.state()
  stage.host('spark-1').behave({ load_s: 0.2 })
  await running.handle.terminate('by hand')
  const view = await stage.until(({ active }) => active.some((one) => one.swapId === idOf(waiting.handle.workflowId)))
  expect(view.fence).toBeGreaterThan(fence)
  expect(await waiting.result()).toMatchObject({ outcome: 'completed' })
  await auditUntil(stage.places.auditDir, (lines) => endsOf(running, lines).length > 0)
  expect(endsOf(running, await stage.audit())).toMatchObject([{ type: 'swap_failed', result: 'terminated' }])
  expect(await stage.serves('spark-1')).toMatchObject({ id: stage.model(other).served_name })
})

test('a waiting swap that is taken back ends cancelled; its place goes to the next', async () => {
  stage.host('spark-1').behave({ load_s: 3 })
  const running = await stage.startSwap(slow)
  const first = await stage.startSwap(other, { onBusy: 'queue' })
  const second = await stage.startSwap(other, { onBusy: 'queue', restart: true })
  await stage.ask({ type: 'withdraw', swapId: idOf(first.handle.workflowId), reason: 'not needed any more' })
  expect(await first.result()).toMatchObject({ outcome: 'cancelled', fence: null })
  stage.host('spark-1').behave({ load_s: 0.2 })
  expect(await running.result()).toMatchObject({ outcome: 'completed' })
  expect(await second.result()).toMatchObject({ outcome: 'completed' })
})

test('a swap whose turn comes while someone else holds its hosts ends cancelled, and says by whom', async () => {
  stage.host('spark-1').behave({ load_s: 2 })
  const running = await stage.startSwap(slow)
  const waiting = await stage.startSwap(other, { onBusy: 'queue' })
  await stage.ask({ type: 'acquire', tokenHash: hash('ann'), holder: 'ann', purpose: null, ttlS: 600, hosts: ['spark-1'] })
  stage.host('spark-1').behave({ load_s: 0.2 })
  await running.result()
  expect(await waiting.result()).toMatchObject({ outcome: 'cancelled', cause: { code: 'reserved' } })
  await stage.ask({ type: 'release', tokenHash: hash('ann') })
})

test('a host operation whose workflow never comes gives its hosts back, after a look at them', async () => {
  expect(await stage.ask(wish(claim('claim-lost', ['spark-2'])))).toMatchObject({ kind: 'claimed' })
  expect(await stage.ask(wish(swap('swap-too-early', ['spark-2'])))).toMatchObject({ code: 'busy', busy: { claimId: 'claim-lost' } })
  await stage.until((view) => view.claims.length === 0 && view.hosts.every((host) => host.state === 'known'))
})

test('a fresh arbiter finds running and waiting swaps again, and grants nothing on a host that it has not seen', async () => {
  stage.host('spark-1').behave({ load_s: 8 })
  const running = await stage.startSwap(slow, { restart: true })
  await running.inPhase('launch')
  const waiting = await stage.startSwap(other, { onBusy: 'queue' })
  const before = await stage.state()
  await stage.host('spark-2').powerOff()
  await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).terminate('lost')
  const first = await stage.ask(wish(swap('swap-too-early', ['spark-2'])))
  expect(first).toMatchObject({ kind: 'refused', code: 'surveying' })
  const found = await stage.until((view) => view.hosts.some((host) => host.host === 'spark-2' && host.state === 'unreachable'))
  expect(found.active.map((one) => one.swapId)).toEqual(before.active.map((one) => one.swapId))
  expect(found.queue.map((one) => one.swapId)).toEqual(before.queue.map((one) => one.swapId))
  expect(await stage.ask(wish(swap('swap-too-early', ['spark-2'])))).toMatchObject({ kind: 'refused', code: 'surveying' })
  stage.host('spark-1').behave({ load_s: 0.2 })
  expect(await running.result()).toMatchObject({ outcome: 'completed' })
  expect(await waiting.result()).toMatchObject({ outcome: 'completed' })
  await stage.host('spark-2').powerOn()
  await stage.until((view) => view.hosts.every((host) => host.state === 'known'))
  expect(await stage.requestSwap(null, { hosts: ['spark-2'] })).toMatchObject({ answer: { kind: 'accepted' } })
})

test('a fresh arbiter recognises what runs, with what it needs to put it back', async () => {
  await stage.swap(other, { restart: true })
  await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).terminate('lost')
  await stage.surveyed()
  const { deployments } = await stage.until((view) => view.deployments.length > 0)
  expect(deployments).toMatchObject([{ model: other, hosts: ['spark-1'], adopted: false, snapshot: { key: other } }])
  expect(deployments[0]?.validatedAt).toBeGreaterThan(0)
})
