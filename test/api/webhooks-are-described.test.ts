import { expect, test } from 'vitest'
import { openApiDocument } from '../../api/openapi.ts'
import { routeTable } from '../../api/route-table.ts'
import { webhookEventTypes } from '../../domain/events.ts'

test('the OpenAPI document has an entry for each type of event that webhooks are sent', () => {
  expect(Object.keys(openApiDocument(routeTable).webhooks ?? {}).toSorted()).toEqual(webhookEventTypes.toSorted())
})
