import { setTimeout as delay } from 'node:timers/promises'
import { Swap } from '../domain/swap.ts'
import { SwapAccepted } from '../domain/swap-answer.ts'

export interface SwapSeen {
  /** From the POST until the outcome was seen, in seconds. */
  readonly wall_s: number
  readonly swap: Swap
}

const busyLimit_ms = 30_000

/**
 * A swap as a caller has it: POST, then the event stream until its end. Throws for every outcome but `completed`. While hosts are still being looked
 * at, or the swap before is about to end, it asks again; that time is not counted.
 */
export async function swapAsCaller(url: string, body: { readonly model: string; readonly hosts: readonly string[] }): Promise<SwapSeen> {
  const { swapId, began } = await accepted(url, body)
  await untilEnd(`${url}/api/swap/${swapId}/stream`)
  const wall_s = (performance.now() - began) / 1000
  const swap = Swap.parse(await (await fetch(`${url}/api/swap/${swapId}`)).json())
  if (swap.outcome !== 'completed')
    throw new Error(`swap ${swapId} to ${body.model} ended as ${swap.outcome ?? 'nothing'}: ${JSON.stringify(swap.cause)}`)
  return { wall_s, swap }
}

async function accepted(url: string, body: object): Promise<{ swapId: string; began: number }> {
  const giveUpAt = performance.now() + busyLimit_ms
  for (;;) {
    const began = performance.now()
    const answer = await fetch(`${url}/api/swap`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const text = await answer.text()
    if (answer.status === 202) return { swapId: SwapAccepted.parse(JSON.parse(text)).swap_id, began }
    if ((answer.status !== 503 && answer.status !== 409) || began > giveUpAt)
      throw new Error(`POST /api/swap answered ${answer.status}: ${text.slice(0, 500)}`)
    await delay(100)
  }
}

/** Resolves at the event `end`; a stream that breaks off before it is an error. */
async function untilEnd(url: string): Promise<void> {
  const { body, status } = await fetch(url)
  if (status !== 200 || body === null) throw new Error(`${url} answered ${status}`)
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text = text.slice(-20) + chunk
    if (/(^|\n)event: end\n/.test(text)) return
  }
  throw new Error(`${url} broke off before the swap ended`)
}
