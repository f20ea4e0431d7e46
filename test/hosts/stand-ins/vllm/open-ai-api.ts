import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Arguments } from './arguments.ts'
import type { Ranks } from './ranks.ts'

/** A loaded engine, as its HTTP server sees it. */
export type Engine = Arguments & {
  readonly startedAt: number
  readonly ranks: Ranks
  alive: boolean
  running: number
  readonly crashesInWarmup: boolean
}

type Completion = { model?: unknown; max_tokens?: number; stream?: boolean; messages?: { content?: unknown }[]; prompt?: unknown }

/** vLLM's HTTP server for one engine; not yet listening. `crash` is called where a completion kills the engine. */
export function openApi(engine: Engine, crash: () => Promise<void>): Server {
  return createServer((request, response) => {
    void answer(engine, crash, request, response).catch(() => response.destroy())
  })
}

async function answer(engine: Engine, crash: () => Promise<void>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://engine').pathname
  if (path === '/health' || path === '/ping') return void response.writeHead(engine.alive ? 200 : 503).end()
  if (path === '/version') return json(response, 200, { version: '0.11.2' })
  if (path === '/metrics') return void response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics(engine))
  if (path === '/v1/models') return json(response, 200, { object: 'list', data: [card(engine)] })
  if (request.method === 'POST' && (path === '/v1/chat/completions' || path === '/v1/completions')) {
    return complete(engine, crash, JSON.parse(await text(request)) as Completion, path.includes('chat'), response)
  }
  json(response, 404, { detail: 'Not Found' })
}

async function complete(engine: Engine, crash: () => Promise<void>, asked: Completion, chat: boolean, response: ServerResponse): Promise<void> {
  if (asked.model !== engine.servedName) {
    const message = `The model \`${String(asked.model)}\` does not exist.`
    return json(response, 404, { error: { message, type: 'NotFoundError', param: 'model', code: 404 } })
  }
  if (!engine.alive) return json(response, 500, { error: { message: 'EngineCore encountered an issue.', type: 'InternalServerError', code: 500 } })
  if (engine.crashesInWarmup) return crash()
  engine.running += 1
  try {
    const prompt = JSON.stringify(asked.messages ?? asked.prompt ?? '')
    await pause(Number(/slow:(\d+(?:\.\d+)?)/.exec(prompt)?.[1] ?? 0.02) * 1000)
    await engine.ranks.step()
    const usage = { prompt_tokens: 9, completion_tokens: Math.min(asked.max_tokens ?? 2, 2), total_tokens: 11 }
    const about = { id: `cmpl-${engine.startedAt}`, created: Math.floor(Date.now() / 1000), model: engine.servedName }
    if (asked.stream === true) return stream(response, about, usage, chat)
    const choice = chat ? { message: { role: 'assistant', content: 'Hello.' } } : { text: 'Hello.' }
    json(response, 200, {
      ...about,
      object: chat ? 'chat.completion' : 'text_completion',
      choices: [{ index: 0, ...choice, finish_reason: 'stop' }],
      usage,
    })
  } finally {
    engine.running -= 1
  }
}

function stream(response: ServerResponse, about: object, usage: object, chat: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const choice = chat ? { delta: { role: 'assistant', content: 'Hello.' } } : { text: 'Hello.' }
  for (const part of [{ choices: [{ index: 0, ...choice, finish_reason: 'stop' }] }, { choices: [], usage }]) {
    response.write(`data: ${JSON.stringify({ ...about, object: chat ? 'chat.completion.chunk' : 'text_completion', ...part })}\n\n`)
  }
  response.end('data: [DONE]\n\n')
}

const card = (engine: Engine): object => ({
  id: engine.servedName,
  object: 'model',
  created: Math.floor(engine.startedAt / 1000),
  owned_by: 'vllm',
  root: engine.model,
  parent: null,
  max_model_len: engine.maxModelLen,
  permission: [],
})

function metrics(engine: Engine): string {
  const labels = `{engine="0",model_name="${engine.servedName}"}`
  return [
    '# TYPE vllm:num_requests_running gauge',
    `vllm:num_requests_running${labels} ${engine.running.toFixed(1)}`,
    '# TYPE vllm:num_requests_waiting gauge',
    `vllm:num_requests_waiting${labels} 0.0`,
    '# TYPE vllm:kv_cache_usage_perc gauge',
    `vllm:kv_cache_usage_perc${labels} 0.0`,
    '',
  ].join('\n')
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
