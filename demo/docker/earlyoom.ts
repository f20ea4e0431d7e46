import type { Machine } from '../machine.ts'
import type { Program, ProgramIo } from './program.ts'

const look_s = 1
/** As started by the launcher: when less than 1 GiB is available. */
const usual_kb = 1_048_576

/**
 * `earlyoom -M <KiB> …` as a container's main process: ends the engine before the kernel ends something else. It hears SIGTERM no more than
 * `sleep` does.
 */
export function startEarlyoom(machine: Machine, argv: readonly string[], neighbours: () => readonly Program[], io: ProgramIo): Program {
  const at = argv.indexOf('-M')
  const least_kb = at < 0 ? usual_kb : Number((argv[at + 1] ?? '').split(',')[0])
  const pid = machine.nextPid()
  const over = new AbortController()
  const { promise, resolve } = Promise.withResolvers<number>()
  io.out(
    `earlyoom 1.8.2\nmem total: 124610 MiB, swap total: 16383 MiB\nsending SIGTERM when mem avail <= ${String(Math.round(least_kb / 1024))} MiB\n`,
  )
  void watch()
  return {
    pid,
    argv,
    exited: promise,
    hangsAtStop: false,
    processes: () => (over.signal.aborted ? [] : [{ pid, command: argv.join(' ') }]),
    signal: (name) => {
      if (name !== 'SIGKILL') return
      over.abort()
      resolve(137)
    },
    killProcess: (wanted) => wanted === pid && !over.signal.aborted && (over.abort(), resolve(137), true),
  }

  async function watch(): Promise<void> {
    for (;;) {
      await machine.pace.wait(look_s, over.signal)
      if (over.signal.aborted) return
      if (machine.memory.available_kb() > least_kb) continue
      const victim = neighbours()
        .flatMap((program) => program.processes().map((process) => ({ program, ...process })))
        .find(({ command }) => command.startsWith('VLLM::'))
      if (!victim) continue
      io.out(`low memory! at or below SIGTERM limits: mem ${String(Math.round(least_kb / 1024))} MiB\n`)
      io.out(`sending SIGTERM to process ${String(victim.pid)} uid 0 "VLLM::EngineCor": oom_score 1240, VmRSS 98304 MiB\n`)
      victim.program.killProcess(victim.pid)
    }
  }
}
