import { expect, test } from 'vitest'
import { launcherOf } from '../../../domain/launchers/launcher.ts'
import { jobWith, pairWith } from './sample.ts'

const command = launcherOf({ launcher: 'command' })
const own = {
  launcher: 'command' as const,
  image: '',
  launch: { start: 'systemctl --user start llm@"$SPARK_MODEL"', stop: './stop', status: './up' },
}
const mark = ['SPARK_CLUSTER=home', 'SPARK_SWAP=swap-1', 'SPARK_FENCE=7', 'SPARK_STEP=2', 'SPARK_ATTEMPT=1', 'SPARK_MODEL=qwen3']

test('the start reads the mark and all facts from its environment; nothing of ours is pasted into its text', () => {
  expect(command.launch(jobWith({ ...own, env: { MODE: 'a b', SPARK_FENCE: '0' } }))).toEqual([
    ...['env', 'MODE=a b', ...['SPARK_FENCE=7', 'SPARK_CLUSTER=home', 'SPARK_SWAP=swap-1', ...mark.slice(3)]],
    ...['SPARK_PORT=8888', 'SPARK_WEIGHTS=Qwen/Qwen3-8B', 'SPARK_SERVED_NAME=qwen3'],
    ...['SPARK_RANK=0', 'SPARK_NODES=1', 'SPARK_HEAD=10.0.0.11', 'sh', '-c', own.launch.start],
  ])
})

test('stop and status get the same environment', () => {
  const job = jobWith(own)
  const before = command.launch(job).slice(0, -1)
  expect(command.commands?.stop(job)).toEqual([...before, './stop'])
  expect(command.commands?.status(job)).toEqual([...before, './up'])
})

test('each host runs it, and knows which one it is', () => {
  expect(command.startedFrom).toBe('each')
  const worker = command.launch(pairWith(own, 1))
  expect(worker).toEqual(expect.arrayContaining(['SPARK_RANK=1', 'SPARK_NODES=2', 'SPARK_HEAD=192.168.177.11']))
})

test('without its texts nothing looks as if it ran', () => {
  const job = jobWith({ launcher: 'command' })
  expect(command.launch(job).at(-1)).toBe('exit 127')
  expect(command.commands?.status(job).at(-1)).toBe('exit 127')
})

test.each([
  [0, '', null],
  [3, 'no such unit\n', 'no such unit'],
  [1, '', null],
])('a start that ends with %d is judged by that', (code, stderr, line) => {
  const trouble = command.launchTrouble({ code, stdout: '', stderr })
  if (code === 0) expect(trouble).toBeNull()
  else expect(trouble).toMatchObject({ code: 'launch_failed', line })
})

test('there is no image and no container to look at', () => {
  expect(command.imageOf(jobWith(own).model)).toBeNull()
  expect(command.probe(jobWith(own).nodes[0]?.host ?? expect.fail('no host'), '/')).toBeNull()
})
