import { causeOf, type Cause } from '../errors.ts'
import type { LauncherName, Model } from '../model.ts'

/** A Spark has one GPU, so that each host runs one rank. Snapshots of older versions have no `launch`. */
type Parallel = Pick<Model, 'launcher' | 'knobs'> & Partial<Pick<Model, 'launch'>>

const ranksIn = (words: readonly string[], ...flags: readonly string[]): number | null => {
  const at = words.findLastIndex((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)))
  const word = words[at] ?? ''
  const value = Number(word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1])
  return at >= 0 && Number.isInteger(value) && value > 0 ? value : null
}

/** Whether `vllm serve` with the model's knobs is what runs; anything else was written by somebody else. */
export const servesByKnobs = ({ launcher, launch = {} }: Omit<Parallel, 'knobs'>): boolean =>
  launcher !== 'command' && launch.arguments === undefined && launch.launch_script === undefined && launch.recipe === undefined

/** How many hosts the ranks of a model fill: tensor × pipeline × data parallel. Null where that is said by a script, a recipe or an image that we cannot read. */
export function hostsNeeded(model: Parallel): number | null {
  const { tensor_parallel_size, pipeline_parallel_size, extra_args } = model.knobs
  const parts = [
    ranksIn(extra_args, '--tensor-parallel-size', '-tp') ?? tensor_parallel_size,
    ranksIn(extra_args, '--pipeline-parallel-size', '-pp') ?? pipeline_parallel_size,
    ranksIn(extra_args, '--data-parallel-size', '-dp'),
  ]
  const said = parts.some((part) => part != null)
  return servesByKnobs(model) || (said && model.launcher !== 'command') ? parts.reduce<number>((product, part) => product * (part ?? 1), 1) : null
}

/** Of all launchers: more Sparks than that on one switch have not been heard of. */
export const mostHosts: Readonly<Record<LauncherName, number>> = { 'spark-vllm-docker': 8, docker: 8, command: 8 }

/**
 * Why a model cannot run on so many hosts. launch-cluster.sh would end with 1 when the ranks are more than its nodes, and leave out
 * the surplus nodes without a word when they are fewer.
 */
export function hostsTrouble(model: Parallel, hosts: number): Cause | null {
  const most = mostHosts[model.launcher]
  if (hosts > most) return causeOf('too_many_hosts', `${model.launcher} runs a model on ${most} hosts at most, not on ${hosts}`)
  const need = hostsNeeded(model)
  if (need === null || need === hosts) return null
  const ranks = `it fills ${counted(need)} (tensor × pipeline × data parallel is ${need}), not ${hosts}`
  return need < hosts
    ? causeOf('too_many_hosts', `${ranks}: name fewer hosts, or set tensor_parallel_size to ${hosts}`)
    : causeOf('too_few_hosts', `${ranks}: name ${need} hosts, or lower tensor_parallel_size and pipeline_parallel_size`)
}

const counted = (hosts: number): string => (hosts === 1 ? '1 host' : `${hosts} hosts`)
