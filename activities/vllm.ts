import { Agent, request } from 'undici'
import { z } from 'zod'
import { openRequests } from '../domain/vllm-metrics.ts'

/** What a completion came to. `text` joins answer and reasoning: some models give only the latter at first. */
export interface Completion {
  readonly completionTokens: number
  readonly text: string
}
/** An engine's refusal or silence, in words. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly status: number | null
  constructor(message: string, status: number | null) {
    super(message)
    this.status = status
  }
}

const Models = z.object({ data: z.array(z.object({ id: z.string(), root: z.string().nullish() })) })
const Answered = z.object({
  choices: z.array(
    z.object({
      text: z.string().nullish(),
      message: z.object({ content: z.string().nullish(), reasoning_content: z.string().nullish(), reasoning: z.string().nullish() }).nullish(),
    }),
  ),
  usage: z.object({ completion_tokens: z.number() }),
})
const Refused = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]).optional(), message: z.string().optional() })

/** One connection pool an engine; whoever makes it closes it. Every call ends within its limit or when `signal` fires. */
export class Vllm {
  readonly #base: string
  readonly #agent = new Agent({ connect: { timeout: 2_000 }, keepAliveTimeout: 10_000, pipelining: 1 })

  constructor(baseUrl: string) {
    this.#base = baseUrl
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** True on 200; anything else, silence included, is false. */
  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${this.#base}/health`, {
        dispatcher: this.#agent,
        headersTimeout: 2_000,
        bodyTimeout: 2_000,
        signal,
      })
      await body.dump()
      return statusCode === 200
    } catch {
      return false
    }
  }

  /** Requests that it works on or keeps waiting; null when it does not say. */
  async openRequests(signal: AbortSignal): Promise<number | null> {
    try {
      return openRequests(await this.#text('GET', '/metrics', null, 5, signal))
    } catch {
      return null
    }
  }

  /** Its figures, as Prometheus reads them; null when there are none to be had. Wakes nothing. */
  async metrics(signal: AbortSignal): Promise<string | null> {
    try {
      return await this.#text('GET', '/metrics', null, 3, signal)
    } catch {
      return null
    }
  }

  async models(limit_s: number, signal: AbortSignal): Promise<{ id: string; root: string | null }[]> {
    const { data } = Models.parse(JSON.parse(await this.#text('GET', '/v1/models', null, limit_s, signal)))
    return data.map(({ id, root }) => ({ id, root: root ?? null }))
  }

  /** A real completion. Models without a chat template are asked plainly. Throws `EngineError`. */
  async complete(model: string, prompt: string, maxTokens: number, limit_s: number, signal: AbortSignal): Promise<Completion> {
    const common = { model, max_tokens: maxTokens }
    try {
      return readCompletion(
        await this.#text('POST', '/v1/chat/completions', { ...common, messages: [{ role: 'user', content: prompt }] }, limit_s, signal),
      )
    } catch (error) {
      if (!(error instanceof EngineError) || !/chat template/i.test(error.message)) throw error
      return readCompletion(await this.#text('POST', '/v1/completions', { ...common, prompt }, limit_s, signal))
    }
  }

  async #text(method: 'GET' | 'POST', path: string, json: object | null, limit_s: number, signal: AbortSignal): Promise<string> {
    const limit = AbortSignal.timeout(limit_s * 1000)
    try {
      const { statusCode, body } = await request(this.#base + path, {
        method,
        dispatcher: this.#agent,
        headersTimeout: 0,
        bodyTimeout: 0,
        signal: AbortSignal.any([signal, limit]),
        ...(json === null ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
      })
      const text = await body.text()
      if (statusCode !== 200) throw new EngineError(`${path} answered ${statusCode}: ${refusalOf(text)}`, statusCode)
      return text
    } catch (error) {
      if (error instanceof EngineError || signal.aborted) throw error
      throw new EngineError(
        limit.aborted ? `${path} did not answer within ${limit_s} s` : `${path}: ${error instanceof Error ? error.message : String(error)}`,
        null,
      )
    }
  }
}

function readCompletion(text: string): Completion {
  const answered = Answered.safeParse(parsed(text))
  if (!answered.success) throw new EngineError(`the answer is no completion: ${text.slice(0, 200)}`, 200)
  const parts = answered.data.choices.flatMap(({ text: plain, message }) => [plain, message?.content, message?.reasoning_content, message?.reasoning])
  return { completionTokens: answered.data.usage.completion_tokens, text: parts.filter((part) => part != null).join('\n') }
}

function refusalOf(text: string): string {
  const refused = Refused.safeParse(parsed(text))
  if (!refused.success) return text.slice(0, 300)
  const { error, message } = refused.data
  return (typeof error === 'string' ? error : (error?.message ?? message ?? text)).slice(0, 300)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
