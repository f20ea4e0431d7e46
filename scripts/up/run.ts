import { onEndRequests } from './signals.ts'
import type { Supervisor } from './supervisor.ts'

/**
 * Runs the supervisor until somebody ends it, then exits the process: 0 after an orderly end, 130 when it was cut short by a second request.
 * `whenReady` is called once when everything serves.
 */
export async function runToTheEnd(supervisor: Supervisor, say: (line: string) => void, whenReady: () => Promise<void>): Promise<void> {
  const asked = Promise.withResolvers<undefined>()
  onEndRequests(
    () => asked.resolve(undefined),
    () => {
      supervisor.kill()
      process.exit(130)
    },
  )
  const started = supervisor.start().then(whenReady)
  const failed = started.then(() => new Promise<never>(() => undefined)) // once ready, only a request ends us
  await Promise.race([asked.promise, failed])
  say('Stopping …')
  await supervisor.stop()
  await started.catch(() => undefined)
  say('Stopped.')
  process.exit(0)
}
