interface StreamMessage {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

/** The messages of an event stream, up to and with the first that `last` wants; then the connection is given up. The test's own limit bounds it. */
export async function eventsOf(
  url: string,
  { lastEventId, last = ({ event }) => event === 'end' }: { lastEventId?: string; last?: (message: StreamMessage) => boolean } = {},
): Promise<StreamMessage[]> {
  const leaving = new AbortController()
  const answer = await fetch(url, { signal: leaving.signal, headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId } })
  if (answer.status !== 200 || answer.body === null) throw new Error(`the stream answered ${String(answer.status)}`)
  const messages: StreamMessage[] = []
  let text = ''
  try {
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const message of blocks.flatMap(messageIn)) {
        messages.push(message)
        if (last(message)) return messages
      }
    }
    return messages
  } finally {
    leaving.abort()
  }
}

function messageIn(block: string): StreamMessage[] {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const data = field('data')
  return data === undefined ? [] : [{ id: field('id') ?? '', event: field('event') ?? '', data: JSON.parse(data) as unknown }]
}
