import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { configSource, type ConfigSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'
import { servicesOf } from '../../config/services.ts'
import { readServices } from '../../domain/services/read-services.ts'
import { originOf } from '../../domain/services/service.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-services-'))
  const hosts = [{ name: 'spark-1', address: '192.168.1.11' }]
  writeFileSync(join(dir, 'cluster.yaml'), stringify({ cluster_id: 'home', hosts }))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const source = (env: Record<string, string> = {}): ConfigSource => configSource(placesFrom({ SPARK_CONFIG_DIR: dir, SPARK_DATA_DIR: dir }), env)
const write = (text: string): void => writeFileSync(join(dir, 'services-overrides.yaml'), text)
const problems = (text: string): readonly string[] => {
  write(text)
  return servicesOf(source()).problems
}

test('the file that ships is in order and watches nothing', () => {
  expect(placesFrom({}).shippedModels).toBe(resolve('config/models.yaml')) // services.yaml lies beside it
  expect(servicesOf(source())).toEqual({ services: [], disabled: [], problems: [] })
})

test('what a kind does not say is its usual', () => {
  write(stringify({ services: [{ name: 'vectors', kind: 'qdrant', host: 'spark-1', container: 'qdrant' }] }))
  const [service] = servicesOf(source()).services
  expect(service).toMatchObject({ kind: 'qdrant', address: '192.168.1.11', port: 6333, scheme: 'http', host: 'spark-1', container: 'qdrant' })
  expect(service && originOf(service)).toBe('http://192.168.1.11:6333')
})

test.each([
  [{ kind: 'http', address: '::1', port: 81 }, 'http://[::1]:81'],
  [{ kind: 'http', address: 'nas.lan', scheme: 'https' }, 'https://nas.lan:443'],
  [{ kind: 'tcp', address: '10.0.0.9', port: 22 }, 'tcp://10.0.0.9:22'],
])('%o listens at %s', (entry, origin) => {
  write(stringify({ services: [{ name: 'x', ...entry }] }))
  expect(servicesOf(source()).services.map(originOf)).toEqual([origin])
})

test('an override adds, and of a service that is there changes only what it names', () => {
  const text = (services: object[]) => ({ file: 'services.yaml', text: stringify({ services }) })
  const { services, problems: told } = readServices({
    base: text([{ name: 'vectors', kind: 'qdrant', host: 'spark-1', container: 'qdrant' }]),
    overrides: text([
      { name: 'vectors', port: 7333 },
      { name: 'voice', kind: 'kokoro', address: 'nas.lan' },
    ]),
    cluster: { hosts: source().read().cluster?.hosts ?? [] },
    disabled: [],
  })
  expect(told).toEqual([])
  expect(services).toMatchObject([
    { name: 'vectors', kind: 'qdrant', port: 7333, container: 'qdrant' },
    { name: 'voice', kind: 'kokoro', port: 8880 },
  ])
})

test('a service is switched off by its entry or by DISABLED_SERVICES', () => {
  write(stringify({ services: ['a', 'b', 'c'].map((name) => ({ name, kind: 'http', host: 'spark-1', enabled: name !== 'a' })) }))
  const { services, disabled } = servicesOf(source({ DISABLED_SERVICES: 'B, nobody' }))
  expect(services.map(({ name }) => name)).toEqual(['c'])
  expect(disabled.map(({ name }) => name)).toEqual(['a', 'b'])
})

test.each([
  ['a tab', 'services:\n\t- name: x', /^services-overrides\.yaml:2:1: .*tabs/],
  ['a kind that nobody knows', 'services:\n  - name: x\n    kind: redis', /^services-overrides\.yaml:3:5 services\.0\.kind: .*qdrant/],
  ['a field that is none', 'services:\n  - name: x\n    kind: http\n    prot: 80', /:4:5 services\.0\.prot: no such field/],
  ['a host that is none', 'services:\n  - { name: x, kind: http, host: spark-9 }', /services\.0\.host: no host is called spark-9/],
  ['no address at all', 'services:\n  - { name: x, kind: http }', /:2:5 services\.0: x needs a host of cluster.yaml, or an address/],
  ['no kind', 'services:\n  - { name: x, host: spark-1 }', /services\.0: x is new and needs a kind/],
  ['no port', 'services:\n  - { name: x, kind: tcp, host: spark-1 }', /x needs a port: tcp has no usual one/],
  ['a port of 70000', 'services:\n  - { name: x, kind: tcp, host: spark-1, port: 70000 }', /services\.0\.port: /],
  [
    'a name twice',
    'services:\n  - { name: x, kind: http, host: spark-1 }\n  - { name: x, kind: tcp, host: spark-1 }',
    /:3:\d+ .*two services are called x/,
  ],
  ['a container nowhere', 'services:\n  - { name: x, kind: http, address: a.lan, container: c }', /services\.0\.container: x needs a host/],
  ['a path with a space', 'services:\n  - { name: x, kind: http, host: spark-1, path: "/a b" }', /services\.0\.path: a path/],
])('%s is told with file, line and column', (_what, text, words) => {
  expect(problems(text)).toEqual([expect.stringMatching(words)])
})

test('a service with an error is passed over, the others stand', () => {
  write('services:\n  - { name: x, kind: redis }\n  - { name: y, kind: http, host: spark-1 }')
  expect(servicesOf(source()).services.map(({ name }) => name)).toEqual(['y'])
})

test('a mended file is taken up by itself; of a broken one the last good state holds', () => {
  const config = source()
  write('services:\n  - { name: y, kind: http, host: spark-1 }')
  expect(servicesOf(config).services).toHaveLength(1)
  write('services: [')
  expect(servicesOf(config)).toMatchObject({ services: [{ name: 'y' }], problems: [expect.stringMatching(/^services-overrides\.yaml:1:/)] })
  write('services: []\n# mended\n')
  expect(servicesOf(config)).toEqual({ services: [], disabled: [], problems: [] })
})
