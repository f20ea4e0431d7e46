import { onEndRequests } from './signals.ts'
import type { Supervisor } from './supervisor.ts'

/** What takes the place of what runs, once, as soon as it is due. */
export interface Successor {
  readonly due: Promise<undefined>
  make(): { readonly supervisor: Supervisor; readonly whenReady: () => Promise<void> }
}

/**
 * Runs the supervisor until somebody ends it, then exits the process: 0 after an orderly end, 130 when it was cut short by a second request.
 * `whenReady` is called once when everything serves. When `successor` is due, it takes the place of what runs.
 */
export async function runToTheEnd(
  first: Supervisor,
  say: (line: string) => void,
  whenReady: () => Promise<void>,
  successor: Successor | null = null,
): Promise<void> {
  let supervisor = first
  const asked = Promise.withResolvers<undefined>()
  onEndRequests(
    () => asked.resolve(undefined),
    () => {
      supervisor.kill()
      process.exit(130)
    },
  )
  let started = supervisor.start().then(whenReady)
  if (successor !== null) {
    const due = await Promise.race([asked.promise.then(() => false), failureOf(started), successor.due.then(() => true)])
    if (due) {
      await supervisor.stop()
      await started.catch(() => undefined)
      const next = successor.make()
      supervisor = next.supervisor
      started = supervisor.start().then(next.whenReady)
    }
  }
  await Promise.race([asked.promise, failureOf(started)])
  say('Stopping …')
  await supervisor.stop()
  await started.catch(() => undefined)
  say('Stopped.')
  process.exit(0)
}

/** Once ready, only a request ends us. */
const failureOf = (started: Promise<void>): Promise<never> => started.then(() => new Promise<never>(() => undefined))
