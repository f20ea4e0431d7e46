import type { DemoHost } from '../../demo/host.ts'
import type { RecordLine } from './invariants.ts'
import { timeScale } from './world.ts'

export const phases = ['preflight', 'stop', 'launch', 'warm', 'validate', 'restore'] as const
export type HeldPhase = (typeof phases)[number]

export const launchers = ['docker', 'spark-vllm-docker'] as const
export type LauncherName = (typeof launchers)[number]

/** A swap that stands in one phase for long enough to be hit there: on a host of its own, which is named after the phase. */
export interface Scene {
  readonly phase: HeldPhase
  readonly before: string
  readonly target: string
  /** Makes the phase last. Called before the swap is asked for. */
  readonly hold: (host: DemoHost) => void
  /** Lets it go on, where that does not come by itself. */
  readonly release: (host: DemoHost) => void
  /** Whether the host's own record, since the swap was asked for, shows it in the middle of what the phase does to it. */
  readonly underWay: (since: readonly RecordLine[]) => boolean
  readonly outcome: 'completed' | 'restored'
  /** How many engines the swap starts, one after the other. */
  readonly launches: number
}

/** How long a phase is held by its own length, in seconds: longer than all six take to get there, and than a killed part is missed. */
const held_s = 16
const quick_s = 0.3
const scaled = (seconds: number): number => seconds / timeScale

const nothing = (): void => undefined
const count = (lines: readonly RecordLine[], event: string): number => lines.filter((line) => line.event === event).length
const loadsSlowly = (host: DemoHost): void => host.behave({ load_s: held_s })
const loadsQuickly = (host: DemoHost): void => host.behave({ load_s: quick_s }) // of the next engine

/** The scene of a phase; the launchers are whatever the caller chose. */
export function scene(phase: HeldPhase, old: LauncherName, next: LauncherName): Scene {
  const usual = { phase, before: `old-${old}`, target: `new-${next}`, hold: nothing, release: nothing, outcome: 'completed', launches: 1 } as const
  switch (phase) {
    case 'preflight':
      return { ...usual, hold: (host) => host.freeze(true), release: (host) => host.freeze(false), underWay: () => true }
    case 'stop':
      return {
        ...usual,
        before: `hanging-${old}`,
        hold: (host) => host.behave({ stopHang: { killWorks: false, endsAfter_s: scaled(held_s) } }),
        underWay: (since) => since.some(({ event, command }) => event === 'ssh_exec' && /docker\W+stop\W/.test(String(command))),
      }
    case 'launch':
      return { ...usual, hold: loadsSlowly, release: loadsQuickly, underWay: (since) => count(since, 'engine_start') === 1 }
    case 'warm':
      return { ...usual, target: `slow-warm-${next}`, hold: (host) => host.behave({ slowWarm_s: scaled(held_s) }), underWay: isServing }
    case 'validate':
      return { ...usual, target: `slow-check-${next}`, underWay: isServing }
    case 'restore':
      return {
        ...usual,
        target: `failing-${next}`,
        hold: loadsSlowly,
        release: loadsQuickly,
        underWay: (since) => count(since, 'engine_start') === 2,
        outcome: 'restored',
        launches: 2,
      }
  }
}

const isServing = (since: readonly RecordLine[]): boolean => count(since, 'engine_healthy') === 1

const repos = {
  old: 'google/gemma-3-27b-it',
  new: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
  hanging: 'spark-control-demo/stop-hangs',
  'slow-warm': 'spark-control-demo/slow-warm',
  'slow-check': 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
  failing: 'spark-control-demo/unsupported-arch',
} as const

/** The catalog of the scenes: each model with either launcher. */
export const sceneModels: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(repos).flatMap(([name, repo]) =>
    launchers.map((launcher) => [
      `${name}-${launcher}`,
      {
        repo,
        launcher,
        image: 'vllm-node',
        knobs: { max_model_len: 8192, gpu_memory_utilization: 0.5 },
        ...(name === 'slow-check' && { checks: [{ prompt: `slow:${held_s}`, contains: 'simulated' }] }),
      },
    ]),
  ),
)
