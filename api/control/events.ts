import type { ConfigSource } from '../../config/load.ts'
import { Problem } from '../../domain/problem.ts'
import type { EventControl } from '../deps.ts'

export function createEvents(_config: ConfigSource): EventControl {
  return {
    list: () => Promise.reject(new Problem('not_found')),
    watch() {
      throw new Problem('not_found')
    },
  }
}
