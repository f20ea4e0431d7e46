/** What a client of the model's port is told: id and root, or null when nobody answers. */
export async function servedOn(port: number): Promise<{ id: string; root: string } | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/models`, { signal: AbortSignal.timeout(2_000) })
    const { data } = (await answer.json()) as { data: { id: string; root: string }[] } // vLLM's format
    return data[0] === undefined ? null : { id: data[0].id, root: data[0].root }
  } catch {
    return null
  }
}

/** Requests that the engine works on, by its own metrics. */
export async function openRequestsOn(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  return Number(/^vllm:num_requests_running\{[^}]*\} (\d+)/m.exec(await answer.text())?.[1] ?? 0)
}

/** Asks the model for something that takes it so long. `leave` hangs up. */
export function keepBusy(port: number, seconds: number): { leave: () => Promise<void> } {
  const away = new AbortController()
  const asking = servedOn(port).then((served) =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: served?.id, messages: [{ role: 'user', content: `slow:${seconds}` }] }),
      signal: away.signal,
    }).catch(() => null),
  )
  return {
    leave: async () => {
      away.abort()
      await asking
    },
  }
}
