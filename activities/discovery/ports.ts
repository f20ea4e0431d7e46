import { request, Agent } from 'undici'
import { askedPaths, type PortAnswers } from '../../domain/discovery/service-answers.ts'
import { tryPort } from '../services/client.ts'

const answerLimit_ms = 2_500
const mostBytes = 4_000

/** Asks each port what it is, all at once: some GETs that wake nothing. Redirects are not followed. Never throws: silence is an answer. */
export async function askPorts(address: string, ports: readonly number[], signal?: AbortSignal): Promise<Map<number, PortAnswers>> {
  const agent = new Agent({ connect: { timeout: 2_000 }, maxResponseSize: 1_000_000, connections: 4 })
  const stop = signal ?? new AbortController().signal
  try {
    const answers = await Promise.all(
      ports.map(async (port): Promise<[number, PortAnswers]> => {
        const { kind } = await tryPort(address, port, stop)
        if (kind !== 'connected') return [port, { open: false, answers: {} }]
        const told = await Promise.all(askedPaths.map(async (path) => [path, await ask(agent, address, port, path, stop)] as const))
        return [
          port,
          { open: true, answers: Object.fromEntries(told.flatMap(([path, answer]) => (answer === null ? [] : [[path, answer] as const]))) },
        ]
      }),
    )
    return new Map(answers)
  } finally {
    await agent.destroy()
  }
}

async function ask(agent: Agent, address: string, port: number, path: string, signal: AbortSignal): Promise<{ status: number; text: string } | null> {
  const origin = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerLimit_ms)])
    const { statusCode, body } = await request(origin + path, { dispatcher: agent, signal: limit })
    const text = await body.text().catch(() => '')
    return { status: statusCode, text: text.length > mostBytes && !text.startsWith('{') ? text.slice(0, mostBytes) : text }
  } catch {
    return null
  }
}
