import { existsSync, readFileSync, readdirSync } from 'node:fs'

/** Are the model's weights where vLLM would look for them, in this container? A host without a route to the internet cannot fetch them. */
export function areHere(model: string): boolean {
  if (model.startsWith('/')) return existsSync(`${model}/config.json`)
  const snapshots = `${process.env.HF_HOME ?? '/root/.cache/huggingface'}/hub/models--${model.replaceAll('/', '--')}/snapshots`
  return existsSync(snapshots) && readdirSync(snapshots).some((revision) => existsSync(`${snapshots}/${revision}/config.json`))
}

/**
 * Seconds that the model takes to load. What is nearest wins: the container's `ENGINE_LOAD_S`, `load-<seconds>s` in the model's name,
 * the host's /run/engine/load_s, and 1.
 */
export function loadSeconds(model: string): number {
  const hostFile = '/run/engine/load_s'
  const text = process.env.ENGINE_LOAD_S ?? /load-(\d+(?:\.\d+)?)s/.exec(model)?.[1] ?? (existsSync(hostFile) ? readFileSync(hostFile, 'utf8') : '1')
  return Number(text)
}
