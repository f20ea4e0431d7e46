import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const project = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(resolve(project, path), 'utf8')

const Service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  restart: z.string(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
})
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
  networks: z.record(z.string(), z.unknown()),
})
const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }))
const services = Object.entries(compose.services)

test('every image is pinned to a version', () => {
  for (const [name, { image }] of services) expect(image, name).toMatch(/^[a-z/-]+:\d+\.\d+/)
})

test('the Temporal server, its tools and its UI are those of the embedded CLI 1.8.2', () => {
  const images = services.map(([, { image }]) => image).filter((image) => image.startsWith('temporalio/'))
  expect(new Set(images)).toEqual(new Set(['temporalio/admin-tools:1.31.2', 'temporalio/server:1.31.2', 'temporalio/ui:2.50.1']))
})

test('whatever a service waits for exists, and can come to the awaited state', () => {
  for (const [name, { depends_on }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const awaited = compose.services[other]
      expect(awaited, `${name} waits for ${other}`).toBeDefined()
      if (condition === 'service_healthy') expect(awaited?.healthcheck, `${other} has a healthcheck`).toBeDefined()
      if (condition === 'service_completed_successfully') expect(awaited?.restart, `${other} ends`).toMatch(/^on-failure/)
    }
  }
})

test('only the dashboard and the UI are published, and only on this machine', () => {
  const published = services.flatMap(([name, { ports }]) => ports.map((port) => [name, port] as const))
  expect(published.map(([name]) => name).sort()).toEqual(['api', 'temporal-ui'])
  for (const [, port] of published) expect(port).toMatch(/^127\.0\.0\.1:/)
})

test('the database is reached by Temporal alone', () => {
  const onRecord = services.filter(([, { networks }]) => networks.includes('record')).map(([name]) => name)
  expect(onRecord.sort()).toEqual(['postgres', 'schema', 'temporal'])
  expect(compose.networks['record']).toEqual({ internal: true })
})

test('passwords come from the environment, and a missing one stops the start', () => {
  const secrets = services.flatMap(([, { environment }]) => Object.entries(environment).filter(([name]) => /PASSWORD|PWD/.test(name)))
  expect(secrets.length).toBeGreaterThan(0)
  for (const [, value] of secrets) expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
})

test('records lie in named volumes, and every mounted file of ours exists', () => {
  const sources = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
  for (const source of sources.filter((source) => !source.startsWith('.'))) expect(Object.keys(compose.volumes)).toContain(source)
  for (const source of sources.filter((source) => source.startsWith('./docker/'))) expect(existsSync(resolve(project, source)), source).toBe(true)
})

test('no service keeps rights that it does not need; ours cannot write but in their volumes', () => {
  for (const [name, service] of services) {
    expect(service.cap_drop, name).toEqual(['ALL'])
    expect(service.security_opt, name).toEqual(['no-new-privileges:true'])
    if (service.build !== undefined) expect(service.read_only, name).toBe(true)
  }
})

test('the scripts of the one-shots are valid shell', () => {
  for (const script of ['schema.sh', 'namespace.sh']) execFileSync('sh', ['-n', resolve(project, 'docker', script)])
})

test('the image has the Node that the project is pinned to, and copies only what is there', () => {
  const dockerfile = read('Dockerfile')
  const { devDependencies } = z.looseObject({ devDependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')))
  expect(dockerfile).toContain(`FROM node:${devDependencies['node'] ?? ''}-bookworm-slim`)
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '))
  const sent = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1)) // prettier-ignore
  for (const path of copied) {
    expect(existsSync(resolve(project, path)), path).toBe(true)
    expect(
      sent.some((allowed) => path === allowed || path.startsWith(`${allowed}/`)),
      `${path} is sent to the builder`,
    ).toBe(true)
  }
})
