import { expect, test } from 'vitest'
import { attachment } from '../../domain/attachment.ts'

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
