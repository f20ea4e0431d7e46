import type { Millis } from '../names.ts'
import type { EngineCounters } from '../telemetry/engine-metrics.ts'

/** An engine that has open requests and has made no token since, with how many it had made by then. */
export interface Stuck {
  readonly tokens: number
  readonly since: Millis
}

/** One look at an engine. Null: it could not be told. */
export interface EngineSeen {
  readonly engine: Pick<EngineCounters, 'running' | 'promptTokens' | 'generationTokens'> | null
  readonly powerW: number | null
}

/** All tokens that an engine has taken in or made; null when it does not say. */
export const tokensOf = (engine: EngineSeen['engine']): number | null =>
  engine === null || (engine.promptTokens === null && engine.generationTokens === null)
    ? null
    : (engine.promptTokens ?? 0) + (engine.generationTokens ?? 0)

/** What is held after one more look. A look that could not tell says neither yes nor no: what was held stays. */
export function afterEngineLook(before: Stuck | null, { engine, powerW }: EngineSeen, idleW: number, at: Millis): Stuck | null {
  const tokens = tokensOf(engine)
  if (engine?.running == null || tokens === null) return before
  if (engine.running === 0) return null
  if (before !== null && before.tokens !== tokens) return null // it works: the next look begins to count
  if (powerW === null) return before
  if (powerW > idleW) return null
  return before ?? { tokens, since: at }
}

export const isWedged = (stuck: Stuck | null, at: Millis, afterS: number): stuck is Stuck => stuck !== null && at - stuck.since >= afterS * 1000
