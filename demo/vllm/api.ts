import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Behaviour } from '../machine.ts'
import type { Pace } from '../pace.ts'
import { waitMs } from '../pace.ts'
import { Admission } from './admission.ts'
import type { VllmArguments } from './arguments.ts'
import { answer, readCompletion, streamedAnswer, wholeAnswer } from './completion.ts'
import type { Answer, CompletionRequest, Shape } from './completion.ts'
import { EngineMetrics } from './metrics.ts'
import { sentinelOf } from './sentinel.ts'

const stuckLook_ms = 50

/** What the HTTP side may cause in its engine. */
export interface EngineHooks {
  crash(): void
  /** False while a rank is missing or the engine is wedged: requests hang, nothing else changes. */
  isMoving(): boolean
  log(source: string, text: string): void
}

/** vLLM's OpenAI-compatible server, on loopback: made when the engine has loaded, closed when it ends. */
export class EngineApi {
  readonly #args: VllmArguments
  readonly #behaviour: Behaviour
  readonly #pace: Pace
  readonly #hooks: EngineHooks
  readonly #admission: Admission
  readonly #metrics: EngineMetrics
  readonly #server: Server
  readonly #created = Math.floor(Date.now() / 1000)
  readonly #closed = new AbortController()
  #coreDead = false
  #completions = 0

  constructor(args: VllmArguments, behaviour: Behaviour, pace: Pace, hooks: EngineHooks, cacheTokens: number) {
    this.#args = args
    this.#admission = new Admission(args.maxNumSeqs, cacheTokens)
    this.#metrics = new EngineMetrics(this.#admission)
    this.#behaviour = behaviour
    this.#pace = pace
    this.#hooks = hooks
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** False when somebody else has the port. */
  async listen(port: number): Promise<boolean> {
    return await new Promise((done) => {
      this.#server.once('error', () => done(false))
      this.#server.listen(port, '127.0.0.1', () => done(true))
    })
  }

  /** Connections are cut, as by a dying process. */
  close(): void {
    this.#closed.abort()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** From now on 503, and 500 for completions. */
  coreIsDead(): void {
    this.#coreDead = true
  }

  /** Somebody's request runs. */
  get isBusy(): boolean {
    return this.#admission.running > 0
  }

  throughput(since_s: number): string | null {
    return this.#metrics.throughput(since_s)
  }

  /** The names under which it answers: the served ones, unless the model's name says that it gets them wrong. */
  get #names(): readonly string[] {
    return sentinelOf(this.#args.model) === 'wrong-name' ? ['somebody/elses-model'] : this.#args.servedNames
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const { apiKey } = this.#args
    if (apiKey !== undefined && /^\/(v1|v2|inference)(\/|$)/.test(path) && request.headers.authorization !== `Bearer ${apiKey}`) {
      return send(response, 401, { error: 'Unauthorized' })
    }
    switch (`${request.method ?? ''} ${path}`) {
      case 'GET /health':
        return sendText(response, this.#coreDead ? 503 : 200, '')
      case 'GET /ping':
      case 'POST /ping':
        return sendText(response, this.#coreDead ? 503 : 200, '')
      case 'GET /version':
        return send(response, 200, { version: '0.17.1' })
      case 'GET /load':
        return send(response, 200, { server_load: 0 }) // counts only with a flag that nobody sets
      case 'GET /metrics':
        return sendText(response, 200, this.#metrics.text(this.#names[0] ?? '', this.#args.maxModelLen))
      case 'GET /v1/models':
        return send(response, 200, { object: 'list', data: this.#names.map((name) => this.#model(name)) })
      case 'POST /v1/chat/completions':
        return await this.#complete(request, response, true)
      case 'POST /v1/completions':
        return await this.#complete(request, response, false)
      default:
        return send(response, 404, { detail: 'Not Found' })
    }
  }

  #model(id: string): object {
    const { model, maxModelLen } = this.#args
    const permission = {
      id: `modelperm-${this.#created.toString(16)}`,
      object: 'model_permission',
      created: this.#created,
      allow_sampling: true,
      allow_view: true,
    }
    const root = sentinelOf(model) === 'wrong-name' ? id : model
    return { id, object: 'model', created: this.#created, owned_by: 'vllm', root, parent: null, max_model_len: maxModelLen, permission: [permission] }
  }

  async #complete(request: IncomingMessage, response: ServerResponse, chat: boolean): Promise<void> {
    let asked: CompletionRequest
    try {
      asked = readCompletion(await bodyOf(request), chat)
    } catch {
      return send(response, 400, problem('Invalid JSON in the request body.', 'BadRequestError', 400))
    }
    const model = asked.model ?? this.#names[0] ?? ''
    if (!this.#names.includes(model)) return send(response, 404, problem(`The model \`${model}\` does not exist.`, 'NotFoundError', 404, 'model'))
    this.#completions += 1
    if (sentinelOf(this.#args.model) === 'crash-in-warmup' && !this.#coreDead) this.#hooks.crash()
    if (this.#coreDead) {
      return send(response, 500, problem('EngineCore encountered an issue. See stack trace (above) for the root cause.', 'InternalServerError', 500))
    }
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const reply = answer(asked)
    const shape: Shape = {
      id: `${chat ? 'chatcmpl' : 'cmpl'}-${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      model,
      chat,
      reasoning: /gpt-oss|deepseek-r1|thinking|qwen3-[^/]*b(-|$)|nemotron/i.test(this.#args.model),
    }
    const until = AbortSignal.any([gone.signal, this.#closed.signal])
    const began = Date.now()
    const leave = await this.#admission.enter(reply.promptTokens + reply.words.length, until)
    await (asked.stream ? this.#stream(response, asked, shape, reply, until) : this.#whole(response, asked, shape, reply, until))
    leave()
    this.#metrics.finished(until.aborted ? 'abort' : reply.cut ? 'length' : 'stop', (Date.now() - began) / 1000)
    this.#hooks.log('launcher.py:90', `POST ${chat ? '/v1/chat/completions' : '/v1/completions'} ${until.aborted ? 'aborted' : '200 OK'}`)
  }

  async #whole(response: ServerResponse, asked: CompletionRequest, shape: Shape, reply: Answer, until: AbortSignal): Promise<void> {
    await this.#generate(asked, reply, until, () => undefined)
    if (!until.aborted) send(response, 200, wholeAnswer(shape, reply))
  }

  async #stream(response: ServerResponse, asked: CompletionRequest, shape: Shape, reply: Answer, until: AbortSignal): Promise<void> {
    const chunks = streamedAnswer(shape, reply, asked.withUsage).map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
    const opening = shape.chat ? 1 : 0
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(chunks.slice(0, opening).join(''))
    await this.#generate(asked, reply, until, (at) => void response.write(chunks[opening + at]))
    response.end(until.aborted ? '' : `${chunks.slice(opening + reply.words.length).join('')}data: [DONE]\n\n`)
  }

  /** Says the words one by one, evenly over the answer's time; stands still while the engine does. */
  async #generate(asked: CompletionRequest, reply: Answer, until: AbortSignal, say: (at: number) => void): Promise<void> {
    const each_ms = this.#duration_ms(asked) / Math.max(1, reply.words.length)
    let began = Date.now()
    for (const at of reply.words.keys()) {
      const left_ms = began + each_ms * (at + 1) - Date.now()
      if (left_ms >= 1) await waitMs(left_ms, until)
      while (!this.#hooks.isMoving() && !until.aborted) {
        await waitMs(stuckLook_ms, until)
        began = Date.now() - each_ms * (at + 1)
      }
      if (until.aborted) return
      if (at === 0) this.#metrics.firstToken(reply.promptTokens, (Date.now() - began) / 1000)
      this.#metrics.token()
      say(at)
    }
  }

  #duration_ms(asked: CompletionRequest): number {
    if (asked.slow_s !== null) return asked.slow_s * 1000
    const warming = this.#completions === 1 && sentinelOf(this.#args.model) === 'slow-warm'
    return this.#pace.ms(warming ? this.#behaviour.slowWarm_s : this.#behaviour.completion_s)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function problem(message: string, type: string, code: number, param: string | null = null): object {
  return { error: { message, type, param, code } }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body)
}
