import type { Argv } from '../names.ts'
import { fabricOf, type LaunchPlace } from './launch-place.ts'
import type { LaunchJob } from './launcher.ts'

/** What launch-cluster.sh and run-recipe.sh take alike for several hosts. */
export function nodeWords({ nodes }: LaunchJob, { model, head }: LaunchPlace): Argv {
  const { ethIf, ibIf } = head.host
  const { ray, master_port } = model.launch
  const way = head.features?.ray ?? 'asked'
  return [
    ...['-n', nodes.map(fabricOf).join(',')],
    ...(ethIf === null ? [] : ['--eth-if', ethIf]),
    ...(ibIf === null ? [] : ['--ib-if', ibIf]),
    ...(master_port === undefined ? [] : ['--master-port', String(master_port)]),
    ...(ray === true && way === 'asked' ? ['--ray'] : []),
    ...(ray !== true && way === 'default' ? ['--no-ray'] : []),
  ]
}
