import type { ConfigSource } from '../config/load.ts'

/** The same configuration, its files looked at no more than four times a second: a request asks several times, and there are many requests. */
export function steadyConfig(config: ConfigSource, lifeMs = 250): ConfigSource {
  let seen = config.read()
  let seenAt = performance.now()
  return {
    places: config.places,
    read() {
      const now = performance.now()
      if (now - seenAt >= lifeMs) {
        seen = config.read()
        seenAt = now
      }
      return seen
    },
  }
}
