import { weightsOf, type Model } from './model.ts'

/**
 * What `/v1/models` must show as `root`: what vLLM was told to load. Null where somebody else's words say what that is (own commands, own arguments,
 * a recipe, a script): then the served name alone tells the model.
 */
export function rootOf(model: Pick<Model, 'launcher' | 'launch' | 'repo' | 'local_path'>): string | null {
  const { arguments: own, recipe, launch_script: script } = model.launch
  return model.launcher === 'command' || own !== undefined || recipe !== undefined || script !== undefined ? null : weightsOf(model)
}
