import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newInstance } from './instance.ts'
import type { Measure } from './measure.ts'
import { NpmStart } from './npm-start.ts'
import { median, percentile } from './percentile.ts'

const models = 500
const looks = 60
const changes = 15

/** P7. A catalog of 500 models: how long it takes to read it, to see it, and to change one of them. */
export const bigCatalog: Measure = {
  id: 'P7',
  about: 'reading, showing and changing a catalog of 500 models',
  async take(workshop) {
    const instance = await newInstance()
    try {
      const { started } = await NpmStart.untilReady(instance)
      try {
        await writeFile(join(instance.dataDir, 'demo', 'config', 'models-overrides.yaml'), catalogText())
        const first_ms = await timed(`${instance.url}/api/models`)
        workshop.report({
          name: 'catalog_anew_ms',
          value: first_ms,
          goal: { atMost: 1_000 },
          note: `GET /api/models after the file changed, ${models} models`,
        })
        for (const [name, path] of [
          ['catalog', '/api/models'],
          ['models_page', '/models'],
          ['dashboard', '/'],
        ] as const) {
          const took_ms: number[] = []
          for (let look = 0; look < looks; look += 1) took_ms.push(await timed(instance.url + path))
          const note = `GET ${path}, ${looks} in a row, ${models} models; p95 ${percentile(took_ms, 0.95).toFixed(1)}`
          workshop.report({ name: `${name}_median_ms`, value: median(took_ms), goal: { atMost: 100 }, note })
        }
        const took_ms: number[] = []
        for (let change = 0; change < changes; change += 1)
          took_ms.push(await timed(`${instance.url}/api/models/many-${change}/knobs`, { max_model_len: 4096 + change }))
        workshop.report({
          name: 'change_median_ms',
          value: median(took_ms),
          goal: { atMost: 500 },
          note: `PUT knobs, synced to the disk, ${changes} in a row`,
        })
      } finally {
        await started.end()
      }
    } finally {
      await instance.remove()
    }
  },
}

function catalogText(): string {
  const entry = (at: number): string =>
    `  many-${at}: { repo: org/many-${at}, launcher: docker, knobs: { max_model_len: 4096, gpu_memory_utilization: 0.8 } } # mine\n`
  return `models:\n${Array.from({ length: models }, (_, at) => entry(at)).join('')}`
}

/** Until the whole answer is there. Throws for one that is no success. */
async function timed(url: string, body?: object): Promise<number> {
  const begunAt = performance.now()
  const answer = await fetch(url, body && { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`)
  return performance.now() - begunAt
}
