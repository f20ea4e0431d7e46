import { expect, test } from 'vitest'
import { gib, GiB, memoryNeed } from '../../domain/memory.ts'
import { Knobs } from '../../domain/model.ts'
import { resolveSettings } from '../../domain/settings.ts'
import { forwardS, longestLaunchS, restoreLaunchS, restoreS, swapDeadlineS, swapLimits } from '../../domain/swap-limits.ts'
import { openRequests } from '../../domain/vllm-metrics.ts'
import { modelWith } from './launchers/sample.ts'

const { settings } = resolveSettings({ preflight_s: 10, stop_s: 20, launch_s: 1000, warm_s: 30, validate_s: 5 }, {})

test("a model's own launch limits win over the cluster's", () => {
  expect(swapLimits(settings, modelWith({ launch_s: 600, launch_stall_s: 120 }), 15)).toEqual({
    ...{ preflightS: 10, drainS: 15, stopS: 20, launchS: 600, launchStallS: 120, warmS: 30, validateS: 5 },
  })
})

test('the deadline is the sum of all limits, with a whole restore behind them', () => {
  const model = modelWith({ launch_s: 600 })
  const forward = 10 + 15 + 20 + 600 + 30 + 5 + 30
  const restore = 20 + 1000 + 30 + 5 + 30
  expect(forwardS(swapLimits(settings, model, 15), model)).toBe(forward)
  expect(restoreS(swapLimits(settings, null, 0))).toBe(restore)
  expect(swapDeadlineS(settings, model, 15)).toBe(forward + restore)
  expect(swapDeadlineS(settings, model, 15, 5000)).toBe(forward + restore + 4000)
})

test('a restore may need the longest limit that the cluster or a model of the catalog has', () => {
  expect(longestLaunchS(settings, [modelWith({ launch_s: 600 }), modelWith({ launch_s: 14_400 })])).toBe(14_400)
  expect(longestLaunchS(settings, [modelWith({ launch_s: 600 })])).toBe(1000)
  expect(longestLaunchS(settings, [])).toBe(1000)
})

test('a displaced model that may take longer than the cluster allows does not take the time of the swap after it', () => {
  const slow = modelWith({ launch_s: 14_400 })
  expect(restoreLaunchS([slow, modelWith({ launch_s: 600 })], settings.launch_s)).toBe(1000)
  expect(restoreLaunchS([modelWith({ launch_s: 600 })], settings.launch_s)).toBe(600)
  expect(restoreLaunchS([], settings.launch_s)).toBe(0)
  expect(restoreLaunchS([slow], undefined)).toBe(14_400)
})

test('a launch needs what the model is known to need and the floor, or the share that vLLM claims: whichever is more', () => {
  const half = Knobs.parse({ gpu_memory_utilization: 0.5 })
  expect(gib(memoryNeed(modelWith({ knobs: half, memory_gib: 80 }), 8, 120 * GiB).bytes)).toBe('88.0 GiB')
  expect(gib(memoryNeed(modelWith({ knobs: half, memory_gib: 20 }), 8, 120 * GiB).bytes)).toBe('60.0 GiB')
  expect(gib(memoryNeed(modelWith({ knobs: half }), 8, 120 * GiB).bytes)).toBe('60.0 GiB')
})

test('open requests are those that run and those that wait, of every model of the engine', () => {
  const metrics = [
    '# HELP vllm:num_requests_running Number of requests in model execution batches.',
    'vllm:num_requests_running{engine="0",model_name="a"} 2.0',
    'vllm:num_requests_waiting{engine="0",model_name="a"} 1.0',
    'vllm:num_requests_waiting_by_reason{engine="0"} 9.0',
  ].join('\n')
  expect(openRequests(metrics)).toBe(3)
  expect(openRequests('nothing of vLLM')).toBeNull()
})
