import { serviceKinds, type ServiceKind } from '../services/kinds.ts'

/** What a port said when it was asked from the machine of the worker. Paths that were not answered are missing. */
export interface PortAnswers {
  /** It took a connection. */
  readonly open: boolean
  readonly answers: Readonly<Record<string, { readonly status: number; readonly text: string }>>
}

/** Asked of each port, all at once; none of them wakes or loads a model. */
export const askedPaths = ['/', '/health', '/v1/models', '/info', '/v1/health/ready', '/readyz', '/v1/audio/voices', '/api/version'] as const

/** Where services usually are, beside the ports of their kinds: NVIDIA's playbooks, Ollama, LM Studio and other speech servers. */
const further = [12_000, 3000, 5092, 11_434, 1234, 8001, 8002, 8888]
/** Ports that are no service of the host: SSH, the DGX dashboard. */
const never: ReadonlySet<number> = new Set([22, 53, 11_000])

/** The ports that are worth asking: usual ones and those of containers, where something listens (null: nobody knows where). */
export function portsToAsk(listening: readonly number[] | null, ofContainers: readonly number[]): number[] {
  const usual = Object.values(serviceKinds).flatMap(({ port }) => (port === null ? [] : [port]))
  const all = [...new Set([...ofContainers, ...usual, ...further])].filter((port) => !never.has(port))
  return (listening === null ? all : all.filter((port) => listening.includes(port))).slice(0, 40)
}

/** What a service is, and by what it was told; null for what talks no HTTP. `name` is that of its container and image, where it has one. */
export function kindByAnswers(port: number, { answers }: PortAnswers, name: string): { readonly kind: ServiceKind; readonly because: string } | null {
  const ok = (path: string): boolean => answers[path]?.status === 200
  const body = (path: string): Readonly<Record<string, unknown>> => (ok(path) ? fieldsOf(answers[path]?.text ?? '') : {})
  const signs: readonly (readonly [ServiceKind, string, boolean])[] = [
    ['qdrant', 'its first page says qdrant', /qdrant/i.test(JSON.stringify(body('/')['title'] ?? ''))],
    ['tei', '/info names a model and its batch size', 'model_id' in body('/info') && 'max_client_batch_size' in body('/info')],
    ['open-webui', '/health answers as Open WebUI', body('/health')['status'] === true],
    ['kokoro', '/v1/audio/voices lists voices', 'voices' in body('/v1/audio/voices')],
    ['openclaw', '/readyz answers on the port of OpenClaw', port === serviceKinds.openclaw.port && ok('/readyz')],
    ['nim', '/v1/health/ready answers', [200, 503].includes(answers['/v1/health/ready']?.status ?? 0)],
    ['parakeet', 'its name, and /health answers', /parakeet/i.test(name) && ok('/health')],
    ['vllm', '/v1/models says vllm', firstModel(body('/v1/models'))?.['owned_by'] === 'vllm'],
    ['openai-compatible', '/v1/models lists models', firstModel(body('/v1/models')) !== null],
    ['openai-compatible', '/v1/models wants a key', [401, 403].includes(answers['/v1/models']?.status ?? 0)],
    ['http', 'it answers HTTP', Object.keys(answers).length > 0],
  ]
  const sign = signs.find(([, , holds]) => holds)
  return sign === undefined ? null : { kind: sign[0], because: sign[1] }
}

/** The model that a server lists first; null where it lists none. */
export function servedBy({ answers }: PortAnswers): { readonly id: string; readonly root: string | null } | null {
  const answer = answers['/v1/models']
  const first = answer?.status === 200 ? firstModel(fieldsOf(answer.text)) : null
  if (first === null || typeof first['id'] !== 'string' || first['id'] === '') return null
  return { id: first['id'].slice(0, 300), root: typeof first['root'] === 'string' ? first['root'].slice(0, 1000) : null }
}

function firstModel(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  const data = fields['data']
  const first: unknown = Array.isArray(data) ? data[0] : null
  return isFields(first) ? first : null
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
