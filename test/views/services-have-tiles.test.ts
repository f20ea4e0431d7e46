import { expect, test } from 'vitest'
import type { ServiceStatus } from '../../domain/services/service-status.ts'
import { regions } from '../../views/regions.ts'
import { page, service } from './fixtures.ts'
import { tag, text } from './reading.ts'

const tiles = (...services: ServiceStatus[]): string => regions.services(page({ services })).toString()

test('without a service there is no trace of services', () => {
  expect(tag(tiles(), 'services')).toContain('hidden')
  expect(tag(tiles(service()), 'services')).not.toContain('hidden')
})

test('a tile says what it is, where, how it is and since when', () => {
  const shown = text(tiles(service({ alias: 'small', detail: '/collections answered 401', state: 'up_needs_key' })))
  expect(shown).toBe(
    'Services vectors qdrant on spark-1 up, needs a key Documents of the team http://127.0.0.1:6333 serves small since 2026-11-24 21:00:00 UTC /collections answered 401',
  )
})

test.each([
  ['up', 'up', 'ok'],
  ['up_needs_key', 'up, needs a key', 'ok'],
  ['starting', 'starting', 'busy'],
  ['down', 'down', 'bad'],
  ['unknown', 'not seen yet', 'idle'],
] as const)('%s is shown as %s', (state, word, tone) => {
  const markup = tiles(service({ state }))
  expect(tag(markup, 'service-vectors')).toContain(`data-tone="${tone}"`)
  expect(text(markup)).toContain(`on spark-1 ${word} Documents`)
})

test('what has a page for people is a link, and nothing but an address of the web ever is', () => {
  expect(tiles(service({ kind: 'open-webui', base_url: 'http://10.0.0.2:8080' }))).toContain('<a href="http://10.0.0.2:8080"')
  expect(tiles(service())).not.toContain('<a ')
  expect(tiles(service({ kind: 'http', base_url: 'javascript:alert(1)' }))).not.toContain('<a ')
})
