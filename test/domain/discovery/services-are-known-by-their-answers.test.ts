import { expect, test } from 'vitest'
import { kindByAnswers, portsToAsk, servedBy } from '../../../domain/discovery/service-answers.ts'
import { answering, vllmAnswers } from './sample.ts'

test.each([
  ['qdrant', 6333, '', answering('/', { title: 'qdrant - vector search engine', version: '1.19.0' })],
  ['tei', 8082, '', answering('/info', { model_id: 'BAAI/bge-m3', max_client_batch_size: 32 })],
  ['open-webui', 12_000, '', answering('/health', { status: true })],
  ['kokoro', 8880, '', answering('/v1/audio/voices', { voices: [{ id: 'af_heart' }] })],
  ['openclaw', 18_789, '', answering('/readyz', 'ok')],
  ['nim', 8000, '', answering('/v1/health/ready', 'true', 503)],
  ['parakeet', 5092, 'asr parakeet-diarized', answering('/health', { status: 'ok' })],
  ['vllm', 8001, '', vllmAnswers('a/b')],
  ['openai-compatible', 11_434, '', answering('/v1/models', { object: 'list', data: [{ id: 'x', owned_by: 'library' }] })],
  ['openai-compatible', 8001, '', answering('/v1/models', { error: 'Unauthorized' }, 401)],
  ['http', 3000, '', answering('/', '<html>', 200)],
] as const)('%s on port %i', (kind, port, name, answers) => {
  expect(kindByAnswers(port, answers, name)?.kind).toBe(kind)
})

test('what takes a connection and says nothing has no kind', () => {
  expect(kindByAnswers(9000, { open: true, answers: {} }, '')).toBeNull()
  expect(servedBy({ open: true, answers: {} })).toBeNull()
})

test('only usual ports and those of containers are asked, and only where something listens', () => {
  expect(portsToAsk([22, 8000, 41_000, 43_210], [43_210])).toEqual([43_210, 8000])
  expect(portsToAsk(null, [])).toContain(6333)
  expect(portsToAsk(null, [])).not.toContain(22)
})
