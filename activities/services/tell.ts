import { setTimeout as pause } from 'node:timers/promises'
import { changeEvent, type ServiceChange } from '../../domain/services/change.ts'
import type { Service } from '../../domain/services/service.ts'
import type { DepsWithArbiter } from '../deps.ts'

const againMs = 5_000
const mostTries = 60

/** Tells of services that went down or came up. Returns at once, and tries on while the arbiter is silent. */
export const serviceTeller =
  ({ arbiter, log, ending }: Pick<DepsWithArbiter, 'arbiter' | 'log' | 'ending'>) =>
  (service: Service, change: ServiceChange): void => {
    const tell = async (): Promise<void> => {
      for (let tries = 1; !ending.aborted; tries++) {
        try {
          await arbiter.ask({ type: 'note', entries: [changeEvent(service, change)] })
          return
        } catch (error) {
          if (tries === 1 || tries === mostTries)
            log.warn({ err: error, service: service.name }, `the arbiter could not be told that a service is ${change.to}`)
          if (tries === mostTries) return
          await pause(againMs, undefined, { signal: ending }).catch(() => undefined)
        }
      }
    }
    void tell()
  }
