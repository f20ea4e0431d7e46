import type { Argv } from '../names.ts'
import { nodeWords } from './cluster-nodes.ts'
import { recipeFile } from './installed.ts'
import { environment, markEnvironment } from './launch-mark.ts'
import type { LaunchPlace } from './launch-place.ts'
import type { LaunchJob } from './launcher.ts'
import { knobWords, servedNames } from './vllm-serve.ts'

/**
 * The words behind run-recipe.sh. Nothing that would make it ask: it asks for a missing image and for a cluster that nobody set up, and the probe refuses
 * both before. Knobs that it has a flag for go there, so that they reach the place that the recipe gave them; all others stand behind `--` and are the engine's.
 */
export function recipeWords(job: LaunchJob, place: LaunchPlace): Argv {
  const { model, port, launcherDir } = place
  const { tensor_parallel_size, gpu_memory_utilization, max_model_len, ...others } = model.knobs
  const known: readonly (readonly [string, number | undefined])[] = [
    ['--tp', tensor_parallel_size],
    ['--gpu-mem', gpu_memory_utilization],
    ['--max-model-len', max_model_len],
  ]
  return [
    `${launcherDir}/recipes/${recipeFile(model.launch.recipe ?? '')}`,
    ...(job.nodes.length > 1 ? nodeWords(job, place) : ['--solo']),
    ...['-d', '--name', model.container, '--port', String(port)],
    ...(model.image === '' ? [] : ['-t', model.image]),
    ...known.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)])),
    ...markEnvironment(job.mark, '-e'),
    ...environment(model.env, '-e'),
    ...['--', ...servedNames(model), ...knobWords(others)],
  ]
}
