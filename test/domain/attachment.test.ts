import { expect, test } from 'vitest'
import { attachment, commandAttachment, jointAttachment, type Attachment } from '../../domain/attachment.ts'

const launch = { clusterId: 'home', swapId: 'swap-1', fence: 7, step: 2, container: 'vllm_node' }
const own = { name: 'vllm_node', running: true, mark: { cluster: 'home', swap: 'swap-1', fence: 7, step: 2 } }
const decide = (container: object | null, containerIsEngine = true, engineRuns: boolean | null = true): string =>
  attachment(container === null ? [] : [{ ...own, ...container }], launch, containerIsEngine, engineRuns).do

test('with no container of that name it is launched', () => {
  expect(decide(null)).toBe('launch')
  expect(decide({ name: 'another' })).toBe('launch')
})

test('the container of this very step is attached to, also when its engine has ended: its log says why', () => {
  expect(decide({})).toBe('attach')
  expect(decide({ running: false })).toBe('attach')
})

test('where the container outlives its engine, an engine must run in it: an empty one is the rest of a start that was cut short', () => {
  expect(decide({}, false, true)).toBe('attach')
  expect(decide({}, false, false)).toBe('stop_first')
  expect(decide({}, false, null)).toBe('stop_first')
  expect(decide({ running: false }, false, true)).toBe('stop_first')
})

test.each([{ step: 1 }, { fence: 6 }, { swap: 'swap-0' }])('ours, but of another step (%o): a proven stop first', (other) => {
  expect(decide({ mark: { ...own.mark, ...other } })).toBe('stop_first')
})

test("a container of that name that is not ours is nobody's to touch", () => {
  expect(decide({ mark: null })).toBe('refuse')
  expect(decide({ mark: { ...own.mark, cluster: 'other' } })).toBe('refuse')
})

const marker = { cluster_id: 'home', swap: 'swap-1', fence: 7, step: 2, attempt: 1, model: 'own', container: '' }

test('without a container it is gone on with only where the step marker is its own and its status says that it runs', () => {
  expect(commandAttachment(marker, launch, true).do).toBe('attach')
  expect(commandAttachment(null, launch, false).do).toBe('launch')
  expect(commandAttachment({ ...marker, step: 1 }, launch, false).do).toBe('launch')
  for (const runs of [false, null]) expect(commandAttachment(marker, launch, runs).do).toBe('stop_first')
  for (const other of [null, { ...marker, cluster_id: 'other' }, { ...marker, step: 1 }])
    expect(commandAttachment(other, launch, true).do).toBe('stop_first')
})

test('on several hosts all parts are attached to, or all are begun; a part of it is stopped on every host', () => {
  const joint = (...each: Attachment['do'][]): string =>
    jointAttachment(each.map((word): Attachment => (word === 'refuse' ? { do: word, because: 'a stranger' } : { do: word }))).do
  expect(joint('attach', 'attach')).toBe('attach')
  expect(joint('launch', 'launch')).toBe('launch')
  for (const part of [joint('attach', 'launch'), joint('launch', 'attach'), joint('stop_first', 'launch')]) expect(part).toBe('stop_first')
  expect(joint('attach', 'refuse')).toBe('refuse')
})
