import { setTimeout as pause } from 'node:timers/promises'
import type { ControlPlane } from './control-plane.ts'

export const faultNames = [
  'worker killed',
  'api killed',
  'temporal killed',
  'worker frozen',
  'api frozen',
  'network cut',
  'connections reset',
] as const
export type FaultName = (typeof faultNames)[number]

export const killNames = ['worker killed', 'api killed', 'temporal killed'] as const satisfies readonly FaultName[]

/** How long what is frozen or cut stays so. */
const spell_ms = 3_000

/** Breaks a part of the control plane, and mends it as the supervisor or a person would. Resolves when it is mended, which is not yet when it serves again. */
export async function strike(plane: ControlPlane, fault: FaultName): Promise<void> {
  switch (fault) {
    case 'worker killed':
    case 'api killed': {
      const part = fault === 'api killed' ? 'api' : 'worker'
      await plane.kill(part)
      return plane.startAgain(part)
    }
    case 'temporal killed':
      await plane.kill('temporal')
      return await plane.startAgain('temporal')
    case 'worker frozen':
    case 'api frozen': {
      const part = fault === 'api frozen' ? plane.api : plane.worker
      part.freeze()
      await pause(spell_ms)
      return part.thaw()
    }
    case 'network cut':
      lineOf(plane).cut()
      await pause(spell_ms)
      return lineOf(plane).mend()
    case 'connections reset':
      return lineOf(plane).reset()
  }
}

function lineOf({ line }: ControlPlane) {
  if (line === null) throw new Error('this control plane has no line that could be cut: start it with `cuttable`')
  return line
}
