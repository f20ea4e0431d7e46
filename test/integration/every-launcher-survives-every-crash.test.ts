import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Swap } from '../../domain/swap.ts'
import { engineEvents, hitInside, overlaps } from '../faults/invariants.ts'
import type { RunningSwap } from './running-swap.ts'
import { startStage, type HostEvent, type Stage } from './stage.ts'
import type { WorkerProcess } from './worker-process.ts'

/**
 * Every launcher against every crash, as far as no other file has it: docs/ARCHITECTURE.md says which. Each launcher has a host of its own, where it also
 * started what is displaced, so that it puts that back; the hosts are swapped side by side.
 */
const launchers = ['spark-vllm-docker', 'docker', 'command'] as const
type Launcher = (typeof launchers)[number]
const patience = { timeout: 60_000 }

const repos = {
  before: 'google/gemma-3-27b-it',
  'dies-in-launch': 'spark-control-demo/oom',
  'dies-in-warm': 'spark-control-demo/crash-in-warmup',
  plain: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
  'slow-warm': 'spark-control-demo/slow-warm',
  checked: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
} as const
type Kind = keyof typeof repos

/** As an owner has them, for a container without a mark of ours. The stop waits while somebody keeps a file there. */
const ownCommands = {
  start:
    'docker run -d --name mine --network host --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve "$SPARK_WEIGHTS" --port "$SPARK_PORT" --served-model-name "$SPARK_SERVED_NAME" --gpu-memory-utilization 0.5',
  stop: 'while [ -e ~/stop-is-held ]; do sleep 0.1; done; docker rm -f mine',
  status: "docker ps --format '{{.Names}}' | grep -qx mine",
}
const entry = (kind: Kind, launcher: Launcher): object => ({
  repo: repos[kind],
  launcher,
  ...(launcher === 'command' ? { launch: ownCommands } : { image: 'vllm-node' }),
  ...(kind === 'checked' && { checks: [{ prompt: 'slow:60', contains: 'simulated' }] }),
  knobs: { max_model_len: 8192, gpu_memory_utilization: 0.5 },
})
const kinds = Object.keys(repos) as Kind[] // the keys of the table above
const catalog = Object.fromEntries(kinds.flatMap((kind) => launchers.map((launcher) => [`${kind}-${launcher}`, entry(kind, launcher)])))

/** Each launcher has its own, and own commands have another, so that two things can happen to them at once. */
const hostOf = (launcher: Launcher): string => `spark-${launcher}`
const second = 'spark-second'

/** `warmFor_s` by our own clock: longer than a kill takes that was begun already. */
const [warmFor_s, timeScale] = [6, 0.05]

let stage: Stage
let worker: WorkerProcess
beforeAll(async () => {
  const settings = { stop_s: 60, launch_s: 90, launch_stall_s: 60, warm_s: 60, validate_s: 90 }
  stage = await startStage({
    worker: false,
    hosts: [...launchers.map(hostOf), second],
    settings,
    models: catalog,
    timeScale,
    slowWarm_s: warmFor_s / timeScale,
  })
  worker = stage.spawnWorker()
  await stage.surveyed()
  await Promise.all([...launchers.map((launcher) => swapTo('before', launcher)), swapTo('before', 'command', second)])
}, 120_000)
afterAll(() => stage.close())

const begin = (kind: Kind, launcher: Launcher, host = hostOf(launcher)): Promise<RunningSwap> =>
  stage.startSwap(`${kind}-${launcher}`, { hosts: [host] })
const swapTo = async (...what: Parameters<typeof begin>): Promise<Swap> => (await begin(...what)).result()
const count = (host: string, event: string): number => stage.events(host, event).length

/** I1 and I6: no two engines at once, and what is told of the host is what it serves. */
async function serves(host: string, model: string, { swap_id }: Swap): Promise<void> {
  expect(overlaps(engineEvents(stage.events(host)))).toEqual([])
  const { deployments } = await stage.state()
  expect(deployments.filter(({ hosts }) => hosts.includes(host))).toMatchObject([{ model, hosts: [host], swapId: swap_id }])
  expect(await stage.serves(host)).toMatchObject({ root: stage.model(model).repo })
}

/** `docker run` answers 0 the next time, with an id, and nothing is there. */
function dockerLiesOnce(host: string): void {
  const { dir } = stage.host(host)
  const lies = `#!/bin/sh\nif [ "$1" = run ]; then rm -f "$0"; head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \\n'; exit 0; fi\nexec "${dir}/docker-bin/docker" "$@"\n`
  writeFileSync(join(dir, 'bin', 'docker'), lies, { mode: 0o755 })
}

const isTheStop = ({ command }: HostEvent): boolean => String(command).includes('stop-is-held')

const dieWhileChecked = async (running: RunningSwap, host: string): Promise<void> => {
  await running.inPhase('validate')
  await expect.poll(() => stage.openRequests(host), patience).toBe(1)
  stage.host(host).killEngine('server')
}

interface Crash {
  readonly crash: string
  readonly kind: Kind
  readonly of: readonly Launcher[]
  /** Of the model that is asked for; one more is started to put the other back. */
  readonly engineStarts: 0 | 1
  readonly phase: string
  readonly before?: (host: string) => void
  readonly meanwhile?: (running: RunningSwap, host: string) => Promise<void>
}

test.each<Crash>([
  { crash: 'the engine dies in launch', phase: 'launch', kind: 'dies-in-launch', of: ['command'], engineStarts: 1 },
  { crash: 'the engine dies in warm', phase: 'warm', kind: 'dies-in-warm', of: ['docker', 'command'], engineStarts: 1 },
  { crash: 'the engine dies in validate', phase: 'validate', kind: 'checked', of: launchers, engineStarts: 1, meanwhile: dieWhileChecked },
  { crash: 'the launcher answers 0 with nothing started', phase: 'launch', kind: 'checked', of: launchers, engineStarts: 0, before: dockerLiesOnce },
])(
  '$crash: what was there before serves again, by one start of each',
  async ({ kind, of, engineStarts, before, meanwhile, phase }) => {
    const end = async (launcher: Launcher): Promise<void> => {
      const host = hostOf(launcher)
      const startsBefore = count(host, 'engine_start')
      before?.(host)
      const running = await begin(kind, launcher)
      await meanwhile?.(running, host)
      const swap = await running.result()
      expect(swap, launcher).toMatchObject({ outcome: 'restored', left: { [host]: 'previous' } })
      expect([launcher, swap.phases.find(({ state }) => state === 'failed')?.name]).toEqual([launcher, phase])
      expect([launcher, count(host, 'engine_start') - startsBefore]).toEqual([launcher, engineStarts + 1])
      await serves(host, `before-${launcher}`, swap)
    }
    await Promise.all(of.map(end))
  },
  120_000,
)

test('a worker killed while own commands stop one model and warm another: the next one goes on with both, by one start of each', async () => {
  const hosts = [hostOf('command'), second] as const
  const startsBefore = hosts.map((host) => count(host, 'engine_start'))
  const held = stage.host(hosts[0]).file('~/stop-is-held')
  writeFileSync(held, '')
  const inStop = await begin('plain', 'command')
  await expect.poll(() => stage.events(hosts[0], 'ssh_exec').some(isTheStop), patience).toBe(true)
  const inWarm = await begin('slow-warm', 'command', second)
  await inWarm.inPhase('warm')
  const killedAt = Date.now()
  await worker.kill()
  rmSync(held)
  worker = stage.spawnWorker()
  const ended = await Promise.all([inStop.result(), inWarm.result()])
  expect(ended.map((swap, i) => hitInside(swap, i === 0 ? 'stop' : 'warm', killedAt))).toEqual([true, true])
  for (const [i, swap] of ended.entries()) {
    const host = hosts[i] ?? expect.fail()
    expect(swap).toMatchObject({ outcome: 'completed', left: { [host]: 'target' } })
    expect(count(host, 'engine_start') - (startsBefore[i] ?? 0)).toBe(1)
    await serves(host, swap.model ?? '', swap)
  }
}, 120_000)
