import { expect, test } from 'vitest'
import { jointChecks } from '../../domain/joint-checks.ts'
import type { Model } from '../../domain/model.ts'
import type { TargetLook } from '../../domain/preflight.ts'
import { modelWith } from './launchers/sample.ts'

const both = ['spark-1', 'spark-2']
const look = (host: string, more: Partial<TargetLook> = {}): TargetLook => ({
  ...{ host, trouble: null, facts: null, launcherTrouble: null, imageThere: true, weights: null, enginePids: [], imageId: 'sha256:one' },
  ...more,
})
const head = (refused: string | null): TargetLook => look('spark-1', { workersRefused: { 'spark-2': refused } })
const failed = (launcher: Model['launcher'], looks: TargetLook[]): string[] =>
  jointChecks(modelWith({ launcher, knobs: { tensor_parallel_size: 2, extra_args: [] } }), both, looks).flatMap(({ ok, cause }) =>
    ok ? [] : [cause?.code ?? 'none'],
  )

test('a model on one host has nothing to fit together', () => {
  expect(jointChecks(modelWith(), ['spark-1'], [look('spark-1')])).toEqual([])
  expect(jointChecks(modelWith(), both, [look('spark-1'), look('spark-2')]).find(({ ok }) => !ok)?.cause?.code).toBe('too_many_hosts')
})

test('two hosts need the very same image; where one has none its own check says so', () => {
  expect(failed('docker', [look('spark-1'), look('spark-2')])).toEqual([])
  expect(failed('docker', [look('spark-1'), look('spark-2', { imageId: 'sha256:other' })])).toEqual(['images_differ'])
  expect(failed('docker', [look('spark-1'), look('spark-2', { imageId: null })])).toEqual([])
})

test('the head must get to its workers only where its launcher goes there by itself', () => {
  const looks = [head('Permission denied (publickey).'), look('spark-2')]
  expect(failed('spark-vllm-docker', looks)).toEqual(['head_cannot_reach'])
  expect(failed('docker', looks)).toEqual([])
  expect(failed('spark-vllm-docker', [head(null), look('spark-2')])).toEqual([])
})
