const commentEvery_ms = 15_000

/** One message of a stream. Who gives its `id` as Last-Event-ID goes on after it. */
export interface StreamMessage {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

/** Server-sent events as text, with a comment every 15 s so that nothing in between takes the silence for death. Ends when `gone` fires. */
export async function* sseText(events: AsyncIterable<StreamMessage>, gone: AbortSignal): AsyncGenerator<string> {
  yield 'retry: 2000\n\n'
  const iterator = events[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    while (!gone.aborted) {
      const message = await nextOrSilence(next, gone)
      if (message === 'silence') {
        yield ': still here\n\n'
        continue
      }
      if (message === 'gone' || message.done === true) return
      yield eventText(message.value)
      next = iterator.next()
    }
  } finally {
    await iterator.return?.()
  }
}

const eventText = ({ id, event, data }: StreamMessage): string => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

async function nextOrSilence<T>(next: Promise<T>, gone: AbortSignal): Promise<T | 'silence' | 'gone'> {
  const over = new AbortController()
  try {
    return await Promise.race([
      next,
      new Promise<'silence'>((resolve) => {
        const timer = setTimeout(() => resolve('silence'), commentEvery_ms)
        over.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
      }),
      new Promise<'gone'>((resolve) => gone.addEventListener('abort', () => resolve('gone'), { once: true, signal: over.signal })),
    ])
  } finally {
    over.abort()
  }
}
