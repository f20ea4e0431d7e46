import type { ConfigSource, ConfigState } from '../config/load.ts'

/** The same configuration, its files looked at no more than four times a second: a request asks several times, and there are many requests. */
export function steadyConfig(config: ConfigSource, lifeMs = 250): ConfigSource {
  let seen = config.read()
  let seenAt = performance.now()
  const keep = (state: ConfigState): ConfigState => {
    seen = state
    seenAt = performance.now()
    return seen
  }
  return {
    places: config.places,
    read: () => (performance.now() - seenAt >= lifeMs ? keep(config.read()) : seen),
    reread: () => keep(config.reread()),
  }
}
