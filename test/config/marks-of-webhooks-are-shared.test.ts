import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placesFrom } from '../../config/places.ts'
import { dataRoot, WebhookMarks } from '../../config/webhook-marks.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'spark-marks-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

test('many deliveries to one endpoint that fail at once all keep its count', async () => {
  const places = placesFrom({ SPARK_DATA_DIR: dataDir })
  const marks = new WebhookMarks(places)
  await Promise.all(Array.from({ length: 20 }, (_, i) => marks.keepFailing('nuc', { since: 1_000, attempts: i + 1 })))
  expect(marks.failing('nuc')).toMatchObject({ since: 1_000 })
  expect(await readdir(join(dataRoot(places), 'webhooks'))).toEqual(['nuc.failing'])
})
