import { cancellationSignal } from '@temporalio/activity'
import type { Noted } from '../../domain/events.ts'
import { guardianActor, mostInARow, nextInARow, type Incident } from '../../domain/guardian/incident.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { HostError } from '../hosts.ts'
import { askGate } from '../managed/gate.ts'

/** Whether the guardian acts, and how: the how-many-eth start in a row it would be, and how long it may wait for it. */
export type Wish = { readonly act: false; readonly why: string } | { readonly act: true; readonly nth: number; readonly patienceS: number }

const lastLines = 50
const lastLinesLimitS = 8

/** An incident is told whatever is done about it. Both are safe to repeat. */
export const createTellActivities = (deps: DepsWithArbiter) => ({
  /** Tells of it, has the arbiter look anew at what was lost, and says what the settings wish. */
  async tellIncident(incident: Incident): Promise<Wish> {
    const { id, kind, model, container } = incident
    const lastLine = kind === 'lost' ? await lastLineOf(deps, incident) : null
    const event = kind === 'lost' ? 'deployment_lost' : 'engine_wedged'
    const { put_back: putBack, guardian_restart: restart, guardian_patience_s: patienceS } = deps.config.read().settings
    await tell(deps, incident, { id: `evt_${kind}_${id}`, type: event, result: incident.cause, data: { model, container, last_line: lastLine } })
    if (kind === 'lost') await askGate(deps, { type: 'resurvey', hosts: incident.hosts, by: guardianActor })
    if (!(kind === 'lost' ? putBack : restart)) return { act: false, why: `the setting ${kind === 'lost' ? 'put_back' : 'guardian_restart'} is off` }
    if (model === null) return { act: false, why: 'nobody knows which model of the catalog it was' }
    const nth = nextInARow(incident)
    return nth > mostInARow
      ? { act: false, why: await gaveUp(deps, incident, `it was started ${String(mostInARow)} times in a row`) }
      : { act: true, nth, patienceS }
  },

  /** Says that the guardian stops, and why. */
  async tellGaveUp({ incident, why }: { incident: Incident; why: string }): Promise<void> {
    await gaveUp(deps, incident, why)
  },
})

async function gaveUp(deps: DepsWithArbiter, incident: Incident, why: string): Promise<string> {
  await tell(deps, incident, { id: `evt_gave_up_${incident.id}`, type: 'guardian_gave_up', result: why, data: { model: incident.model } })
  return why
}

async function tell(deps: DepsWithArbiter, { hosts, swapId }: Incident, event: Pick<Noted, 'id' | 'type' | 'result' | 'data'>): Promise<void> {
  await askGate(deps, { type: 'note', entries: [{ ...event, by: guardianActor, hosts, swapId }] })
}

/** What its log ended with; null where nobody can read that any more. */
async function lastLineOf({ hosts }: DepsWithArbiter, { hosts: [head], container }: Incident): Promise<string | null> {
  if (head === undefined || container === null) return null
  try {
    const options = { limit_s: lastLinesLimitS, signal: cancellationSignal() }
    const exit = await hosts.look(head, ['docker', 'logs', '--tail', String(lastLines), container], options)
    const lines = `${exit.stdout}\n${exit.stderr}`.split('\n').filter((line) => line.trim() !== '')
    return exit.kind === 'exited' && exit.code === 0 ? (lines.at(-1)?.slice(0, 500) ?? null) : null
  } catch (error) {
    if (error instanceof HostError) return null
    throw error
  }
}
