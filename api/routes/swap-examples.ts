import type { AlreadyServing, SwapAccepted } from '../../domain/swap-answer.ts'
import type { PlanReport, Swap } from '../../domain/swap.ts'
import { problemExample } from '../route.ts'

export const runningSwap: Swap = {
  swap_id: '20261124-220001-9f3c21ab',
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  affected_hosts: ['spark-1'],
  state: 'running',
  outcome: null,
  left: {},
  phase: 'launch',
  phases: [
    {
      name: 'preflight',
      state: 'done',
      started_at: '2026-11-24T22:00:01.402Z',
      ended_at: '2026-11-24T22:00:03.118Z',
      detail: '10 checks passed',
    },
    {
      name: 'stop',
      state: 'done',
      started_at: '2026-11-24T22:00:03.118Z',
      ended_at: '2026-11-24T22:00:09.870Z',
      detail: 'container gone, port free, 116 GiB free',
    },
    { name: 'launch', state: 'running', started_at: '2026-11-24T22:00:09.870Z', ended_at: null, detail: 'weights 56%' },
  ],
  previous: [{ model: 'gpt-oss-120b', hosts: ['spark-1'] }],
  fence: 1795557600002,
  holder: 'nightly-batch',
  schedule: 'night-model',
  reason: 'embeddings of the day',
  dry_run: false,
  requested_at: '2026-11-24T22:00:01.377Z',
  ended_at: null,
  deadline_at: '2026-11-24T23:10:01.377Z',
  cause: null,
  revision: 7,
}

export const endedSwap: Swap = {
  ...runningSwap,
  state: 'done',
  outcome: 'completed',
  left: { 'spark-1': 'target' },
  phase: null,
  phases: [],
  ended_at: '2026-11-24T22:04:31.005Z',
  revision: 15,
}

/** Behind a running swap: it gets its fence, and is told which hosts it affects, when its turn comes. */
export const queuedSwap: SwapAccepted = {
  ...runningSwap,
  swap_id: '20261124-220130-51d07e4c',
  model: 'gpt-oss-120b',
  state: 'queued',
  phase: null,
  phases: [],
  previous: [],
  affected_hosts: [],
  fence: null,
  holder: 'Ada',
  schedule: null,
  reason: 'back to the day model',
  requested_at: '2026-11-24T22:01:30.214Z',
  revision: 0,
  position: 1,
  joined: false,
  expected_start_at: '2026-11-24T22:04:30.000Z',
  expected_start_in_s: 180,
}

export const alreadyServing: AlreadyServing = {
  already_serving: true,
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  swap_id: '20261124-220001-9f3c21ab',
  fence: 1795557600002,
  validated_at: '2026-11-24T22:04:30.911Z',
}

export const planReport: PlanReport = {
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  ok: true,
  checks: [
    { host: 'spark-1', check: 'reach', ok: true, detail: 'the host answers', cause: null },
    { host: 'spark-1', check: 'weights', ok: true, detail: '/home/spark/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B', cause: null },
  ],
  previous: [{ model: 'gpt-oss-120b', hosts: ['spark-1'], restorable: true }],
  plan: [{ phase: 'stop', host: 'spark-1', command: 'docker stop --time 30 vllm_node' }],
}

export const busyProblem = problemExample('busy', 'swap 20261124-220001-9f3c21ab to qwen3-30b is running on spark-1, in launch', {
  hosts: ['spark-1'],
  busy: {
    swap_id: '20261124-220001-9f3c21ab',
    claim_id: null,
    model: 'qwen3-30b',
    phase: 'launch',
    holder: 'nightly-batch',
    hosts: ['spark-1'],
    started_at: '2026-11-24T22:00:01.402Z',
    expected_end_at: '2026-11-24T22:04:30.000Z',
    expected_in_s: 180,
  },
  queue_length: 1,
  waiting: 0,
})

export const unknownModelProblem = problemExample('unknown_model', 'No model is called "qwen3-3b0"; did you mean qwen3-30b?', { near: ['qwen3-30b'] })
export const idReusedProblem = problemExample('id_reused', 'This key named swap key-0b5f2d1c9a8e47f6a3d2c1b0e9f8a7d6, of another request', {
  swap_id: 'key-0b5f2d1c9a8e47f6a3d2c1b0e9f8a7d6',
})
export const unknownSwapProblem = problemExample('unknown_swap', 'No swap 20261124-220001-9f3c21ab is known')
export const endedProblem = problemExample('swap_ended', 'It ended as completed', { outcome: 'completed' })
