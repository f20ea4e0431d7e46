/** A request for a completion, as far as the simulation looks at it. */
export interface CompletionRequest {
  readonly model: string | undefined
  readonly prompt: string
  readonly most_tokens: number
  readonly stream: boolean
  readonly withUsage: boolean
  /** `slow:<seconds>` in the prompt: how long the answer takes. */
  readonly slow_s: number | null
  /** `tokens:<number>` in the prompt: how long it pretends to be. */
  readonly pretended_tokens: number | null
}

export interface Answer {
  readonly words: readonly string[]
  /** Ended because `max_tokens` were used up. */
  readonly cut: boolean
  readonly promptTokens: number
}

const reply =
  'This is a simulated Spark: no model was asked, and no weights were loaded. The words are always the same, but the number of tokens, the time to the first one and the metrics behave as they would with a real engine.'

/** Reads the body of a chat or plain completion. Throws SyntaxError for what is no JSON object. */
export function readCompletion(body: string, chat: boolean): CompletionRequest {
  const json: unknown = JSON.parse(body)
  if (typeof json !== 'object' || json === null) throw new SyntaxError('body is not an object')
  const fields = json as Record<string, unknown>
  const prompt = chat ? JSON.stringify(fields['messages'] ?? []) : JSON.stringify(fields['prompt'] ?? '')
  const options = fields['stream_options'] as { include_usage?: unknown } | undefined
  const pretended = /\btokens:(\d+)/.exec(prompt)?.[1]
  const slow = /\bslow:(\d+(?:\.\d+)?)/.exec(prompt)?.[1]
  return {
    model: typeof fields['model'] === 'string' ? fields['model'] : undefined,
    prompt,
    most_tokens: Number(fields['max_completion_tokens'] ?? fields['max_tokens'] ?? (chat ? 1024 : 16)),
    stream: fields['stream'] === true,
    withUsage: options?.include_usage === true,
    slow_s: slow === undefined ? null : Number(slow),
    pretended_tokens: pretended === undefined ? null : Number(pretended),
  }
}

/** What the engine says: one token a word. */
export function answer(request: CompletionRequest): Answer {
  const words = reply.split(' ').map((word, at) => (at === 0 ? word : ` ${word}`))
  return {
    words: words.slice(0, request.most_tokens),
    cut: request.most_tokens < words.length,
    promptTokens: request.pretended_tokens ?? Math.max(1, Math.ceil(request.prompt.length / 4)),
  }
}

export interface Shape {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly chat: boolean
  /** Thinks before it speaks: with few tokens, nothing but thoughts comes. */
  readonly reasoning: boolean
}

function usage(of: Answer): object {
  return { prompt_tokens: of.promptTokens, completion_tokens: of.words.length, total_tokens: of.promptTokens + of.words.length }
}

/** The whole answer as one JSON document. */
export function wholeAnswer(shape: Shape, of: Answer): object {
  const text = of.words.join('')
  const onlyThoughts = shape.reasoning && of.cut
  const finish_reason = of.cut ? 'length' : 'stop'
  const message = { role: 'assistant', content: onlyThoughts ? null : text, reasoning_content: onlyThoughts ? text : null, tool_calls: [] }
  return {
    id: shape.id,
    object: shape.chat ? 'chat.completion' : 'text_completion',
    created: shape.created,
    model: shape.model,
    choices: [shape.chat ? { index: 0, message, logprobs: null, finish_reason } : { index: 0, text, logprobs: null, finish_reason }],
    usage: usage(of),
  }
}

/** The answer as the `data:` lines of a stream, without the closing `[DONE]`. */
export function streamedAnswer(shape: Shape, of: Answer, withUsage: boolean): object[] {
  const base = { id: shape.id, object: shape.chat ? 'chat.completion.chunk' : 'text_completion', created: shape.created, model: shape.model }
  const chunk = (content: string, finish_reason: string | null): object => ({
    ...base,
    choices: [
      shape.chat ? { index: 0, delta: { content }, logprobs: null, finish_reason } : { index: 0, text: content, logprobs: null, finish_reason },
    ],
  })
  const first = shape.chat
    ? [{ ...base, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }] }]
    : []
  const last = withUsage ? [{ ...base, choices: [], usage: usage(of) }] : []
  return [...first, ...of.words.map((word) => chunk(word, null)), chunk('', of.cut ? 'length' : 'stop'), ...last]
}
