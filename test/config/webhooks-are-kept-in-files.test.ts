import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { changeYaml } from '../../config/kept-file.ts'
import { configSource, type ConfigSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'
import { WebhookMarks } from '../../config/webhook-marks.ts'
import { WebhookStore } from '../../config/webhook-store.ts'
import { secretOf, webhooksOf } from '../../config/webhooks.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spark-webhooks-'))
  mkdirSync(join(dataDir, 'config'))
  write('cluster.yaml', 'cluster_id: home\nhosts:\n  - name: spark-1\n    address: 10.0.0.1\n')
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const at = (file: string) => join(dataDir, file.includes('/') ? file : `config/${file}`)
const write = (file: string, text: string) => writeFileSync(at(file), text)
const read = (file: string) => readFileSync(at(file), 'utf8')
const source = (env: Record<string, string> = {}): ConfigSource =>
  configSource(placesFrom({ SPARK_DATA_DIR: dataDir, SPARK_DEMO: '', ...env }), { SPARK_DATA_DIR: dataDir, ...env })
const store = () => new WebhookStore(source().places)
const entry = (id: string, more: object = {}) => ({ id, url: `http://${id}.local/`, enabled: true, name: undefined, events: undefined, ...more })
const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='

describe('where endpoints come from', () => {
  test('from cluster.yaml, the environment and the API, each with its own secret', async () => {
    write('nuc.secret', 'a-secret-in-a-file\n')
    write(
      'cluster.yaml',
      `${read('cluster.yaml')}webhooks:\n  - { id: nuc, url: "http://nuc.local/", secret_file: nuc.secret, events: [swap_failed] }\n  - { url: "http://plain.local/" }\n  - { id: named, url: "http://named.local/", secret: sixteen-characters }\n`,
    )
    const config = source({ WEBHOOK_URL: 'http://old.local/hook', WEBHOOK_SECRET: 'old-secret' })
    await store().add(entry('made'), secret)
    const { endpoints, problems } = webhooksOf(config)
    expect(problems).toEqual([])
    expect(endpoints.map(({ id, source, url }) => [id, source, url])).toEqual([
      ['nuc', 'file', 'http://nuc.local/'],
      [expect.stringMatching(/^webhook-[0-9a-f]{8}$/), 'file', 'http://plain.local/'],
      ['named', 'file', 'http://named.local/'],
      ['default', 'environment', 'http://old.local/hook'],
      ['made', 'api', 'http://made.local/'],
    ])
    expect(endpoints.map((endpoint) => secretOf(config, endpoint))).toEqual(['a-secret-in-a-file', null, 'sixteen-characters', 'old-secret', secret])
    expect(JSON.stringify(endpoints)).not.toMatch(/whsec_|sixteen|old-secret|a-secret-in/)
  })

  test('one that does not fit is passed over with its reason; the others and the cluster hold', () => {
    write(
      'cluster.yaml',
      `${read('cluster.yaml')}webhooks:\n  - { id: Bad Name, url: "http://a.local/" }\n  - { id: b, url: "ftp://b.local/" }\n  - { id: c, url: "http://c.local/", events: [swap_sideways] }\n  - { id: d, url: "http://d.local/" }\n  - { id: d, url: "http://d2.local/" }\n`,
    )
    const config = source({ WEBHOOK_URL: 'http://ada:pw@old.local/' })
    const { endpoints, problems, unreadable } = webhooksOf(config)
    expect(endpoints.map(({ url }) => url)).toEqual(['http://d.local/'])
    expect(problems).toHaveLength(5)
    expect(problems.join('\n')).toMatch(
      /webhooks\.0 .*id[^]*webhooks\.1 .*starts with http[^]*webhooks\.2 .*events[^]*WEBHOOK_URL carries[^]*two webhooks are called d/,
    )
    expect(problems.join('\n')).not.toContain('ada')
    expect(unreadable).toBe(false)
    expect(config.read().cluster?.clusterId).toBe('home')
  })

  test('of a file that became unreadable the last good state holds, and nothing is taken for gone', async () => {
    const config = source()
    await store().add(entry('made'), secret)
    expect(webhooksOf(config).endpoints).toHaveLength(1)
    write('webhooks.yaml', 'webhooks: [\n')
    expect(webhooksOf(config)).toMatchObject({ unreadable: true, endpoints: [{ id: 'made' }] })
    expect(webhooksOf(source())).toMatchObject({ unreadable: true, endpoints: [] })
    rmSync(at('webhooks.yaml'))
    expect(webhooksOf(config)).toMatchObject({ unreadable: false, endpoints: [] })
  })

  test('an endpoint whose secret is missing is never signed for as if it had none', async () => {
    await store().add(entry('made'), secret)
    rmSync(join(dataDir, 'secrets.yaml'))
    const config = source()
    const [endpoint] = webhooksOf(config).endpoints
    expect(() => secretOf(config, endpoint!)).toThrow('the secret of made is missing')
  })

  test('at most 50', async () => {
    write('webhooks.yaml', `webhooks:\n${Array.from({ length: 51 }, (_, i) => `  - { id: w${String(i)}, url: "http://w.local/" }\n`).join('')}`)
    expect(webhooksOf(source()).endpoints).toHaveLength(50)
    await expect(store().add(entry('more'), secret)).rejects.toMatchObject({ code: 'too_many_webhooks' })
    expect(parse(readFileSync(join(dataDir, 'secrets.yaml'), 'utf8'))).toEqual({ webhooks: {} })
  })
})

describe('how changes are written', () => {
  test('an owner’s comments and order stay, and only what changed is changed', async () => {
    write(
      'webhooks.yaml',
      '# mine\nwebhooks:\n  # the nuc\n  - id: nuc # small box\n    url: "http://nuc.local/" # by the window\n    name: Nuc\n  - id: other\n    url: http://other.local/\n',
    )
    await store().add(entry('made', { events: ['swap_failed'] }), secret)
    await store().replace(entry('nuc', { url: 'http://nuc2.local/', enabled: false }), undefined)
    await store().remove('other')
    expect(read('webhooks.yaml')).toBe(
      '# mine\nwebhooks:\n  # the nuc\n  - id: nuc # small box\n    url: "http://nuc2.local/" # by the window\n    enabled: false\n  - id: made\n    url: http://made.local/\n    events:\n      - swap_failed\n',
    )
  })

  test('secrets are apart, for their owner’s eyes alone, and leave with their endpoint', async () => {
    await store().add(entry('made'), secret)
    await store().add(entry('next'), 'another-secret-of-mine')
    expect(read('webhooks.yaml')).not.toMatch(/whsec_|another/)
    expect(statSync(join(dataDir, 'secrets.yaml')).mode & 0o777).toBe(0o600)
    expect(await store().replace(entry('made'), 'a-new-secret-of-mine')).toBe(true)
    expect(await store().remove('next')).toBe(true)
    expect(parse(readFileSync(join(dataDir, 'secrets.yaml'), 'utf8'))).toEqual({ webhooks: { made: 'a-new-secret-of-mine' } })
  })

  test('what is not there is neither replaced nor removed, and leaves no secret', async () => {
    expect(await store().replace(entry('nobody'), 'a-new-secret-of-mine')).toBe(false)
    expect(await store().remove('nobody')).toBe(false)
    expect(readFileSync(join(dataDir, 'secrets.yaml'), 'utf8')).not.toContain('a-new-secret')
  })

  test('twenty writers at once lose nothing', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `w${String(i)}`)
    await Promise.all(ids.map((id) => store().add(entry(id), `${secret}${id}`)))
    expect(
      webhooksOf(source())
        .endpoints.map(({ id }) => id)
        .toSorted(),
    ).toEqual(ids.toSorted())
    expect(existsSync(at('webhooks.yaml.lock'))).toBe(false)
  })

  test('a lock that was left by a process that died holds nobody up', async () => {
    write('webhooks.yaml.lock', '')
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(at('webhooks.yaml.lock'), longAgo, longAgo)
    await store().add(entry('made'), secret)
    expect(webhooksOf(source()).endpoints).toHaveLength(1)
  })

  test('a file that was changed underneath is not written over', async () => {
    write('webhooks.yaml', 'webhooks: []\n')
    const file = { path: at('webhooks.yaml'), mode: 0o644, heading: '' }
    const change = changeYaml(file, (document) => {
      document.set('mine', 1)
      write('webhooks.yaml', 'webhooks: [] # edited meanwhile\n')
    })
    await expect(change).rejects.toMatchObject({ code: 'config_changed' })
    expect(read('webhooks.yaml')).toBe('webhooks: [] # edited meanwhile\n')
  })

  test('a file that cannot be read is left to its owner', async () => {
    write('webhooks.yaml', 'webhooks: [\n')
    await expect(store().add(entry('made'), secret)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('webhooks.yaml'),
    })
    expect(read('webhooks.yaml')).toBe('webhooks: [\n')
    expect(readFileSync(join(dataDir, 'secrets.yaml'), 'utf8')).not.toContain('whsec_')
  })

  test.each([
    ['a full disk', '/dev/full', 'data_dir_full'],
    ['a read-only place', '/sys/kernel/spark-control', 'data_dir_read_only'],
  ])('%s is said by name, and the old file is intact', async (_what, target, code) => {
    await store().add(entry('made'), secret)
    const before = read('webhooks.yaml')
    symlinkSync(target, at('.webhooks.yaml.new')) // where the new text is written before it is renamed into place
    await expect(store().add(entry('next'), 'another-secret-of-mine')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('webhooks.yaml'),
    })
    expect(read('webhooks.yaml')).toBe(before)
    expect(webhooksOf(source()).endpoints).toMatchObject([{ id: 'made' }])
    expect(readFileSync(join(dataDir, 'secrets.yaml'), 'utf8')).not.toContain('another')
  })

  test('an owner’s link stays a link, and its mode stays', async () => {
    writeFileSync(join(dataDir, 'elsewhere.yaml'), 'webhooks: []\n')
    chmodSync(join(dataDir, 'elsewhere.yaml'), 0o640)
    symlinkSync(join(dataDir, 'elsewhere.yaml'), at('webhooks.yaml'))
    await store().add(entry('made'), secret)
    expect(readFileSync(join(dataDir, 'elsewhere.yaml'), 'utf8')).toContain('made')
    expect(statSync(join(dataDir, 'elsewhere.yaml')).mode & 0o777).toBe(0o640)
  })
})

describe('an endpoint that was switched off by itself', () => {
  test('is off for everyone, until it is forgotten or has another URL', async () => {
    const config = source()
    const marks = new WebhookMarks(config.places)
    await store().add(entry('made'), secret)
    await marks.switchOff('made', { at: '2026-11-20T22:00:00.000Z', reason: 'gone', url: 'http://made.local/', event_id: 'evt_1' })
    expect(webhooksOf(config).endpoints[0]?.disabled).toEqual({ at: '2026-11-20T22:00:00.000Z', reason: 'gone' })
    await store().replace(entry('made', { url: 'http://mended.local/' }), undefined)
    expect(webhooksOf(config).endpoints[0]?.disabled).toBeNull()
    await store().replace(entry('made'), undefined)
    await marks.forget('made')
    expect(webhooksOf(config).endpoints[0]?.disabled).toBeNull()
  })

  test('a mark that was cut off is none', async () => {
    const config = source()
    await store().add(entry('made'), secret)
    mkdirSync(join(dataDir, 'webhooks'), { recursive: true })
    writeFileSync(join(dataDir, 'webhooks', 'made.disabled'), '{"at":')
    writeFileSync(join(dataDir, 'webhooks', 'made.failing'), '')
    expect(webhooksOf(config).endpoints[0]?.disabled).toBeNull()
    expect(new WebhookMarks(config.places).failing('made')).toBeNull()
  })
})
