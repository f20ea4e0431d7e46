import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { SwapLogList, SwapLogPage } from '../../domain/swap-log.ts'
import { RealCluster } from '../hosts/real-cluster.ts'
import { RealHosts } from '../hosts/real-hosts.ts'

const hosts = new RealHosts(inject('engineHosts'))
const catalog = inject('engineCatalog')
const head = hosts.host('spark-a')
let cluster: RealCluster
beforeAll(async () => {
  cluster = await RealCluster.start(hosts, catalog)
})
afterAll(() => cluster.close())

const engine = `http://${head.address}:${String(head.vllmPort)}`
const served = async (): Promise<unknown> => ((await (await fetch(`${engine}/v1/models`)).json()) as { data: { id: string }[] }).data[0]?.id // OpenAI's format
const swapTo = (model: string) => cluster.plane.swap({ model, hosts: ['spark-a'] })

async function tokens(model: string): Promise<number> {
  const answer = await fetch(`${engine}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'Name one colour.' }] }),
  })
  return ((await answer.json()) as { usage: { completion_tokens: number } }).usage.completion_tokens // OpenAI's format
}

describe('llama.cpp', () => {
  test('a real engine is launched, warmed, proven, and answers with tokens', async () => {
    expect(await swapTo('first')).toMatchObject({ outcome: 'completed', cause: null })
    expect(await served()).toBe('first')
    expect(await tokens('first')).toBeGreaterThan(0)
    const { deployment } = await cluster.plane.host('spark-a', (host) => host.deployment?.healthy === true)
    expect(deployment).toMatchObject({ model: 'first', adopted: false })
  })

  test('another takes its place, and the last words of the one before can be read', async () => {
    const swap = await swapTo('second')
    expect(swap).toMatchObject({ outcome: 'completed', previous: [{ model: 'first' }] })
    expect(await served()).toBe('second')
    const { logs } = SwapLogList.parse((await cluster.plane.ask(`/api/swap/${swap.swap_id}/logs`)).json)
    expect(logs.map(({ host, container }) => [host, container])).toEqual([
      [null, null],
      ['spark-a', 'vllm_node'],
    ])
    const page = await cluster.plane.ask(`/api/swap/${swap.swap_id}/log/lines?of=${encodeURIComponent(logs[1]?.of ?? '')}`)
    expect(SwapLogPage.parse(page.json).lines.join('\n')).toMatch(/llama\.cpp serves .*\/first\/model\.gguf as first/)
  })

  test('a file that is no model is named by the engine itself, and the engine before serves again', async () => {
    const swap = await swapTo('broken')
    expect(swap).toMatchObject({ outcome: 'restored', left: { 'spark-a': 'previous' }, cause: { code: 'weights_broken' } })
    expect(swap.cause?.line).toContain('invalid magic')
    expect(await served()).toBe('second')
    expect(await tokens('second')).toBeGreaterThan(0)
  })
})

// Asked for by `--vllm` alone: 6 GB of packages, and a minute a start.
if ('vllm-tiny' in catalog) {
  test('real vLLM on a CPU takes the place of llama.cpp, shows the stages of its start, and gives it back', async () => {
    const swap = await swapTo('vllm-tiny')
    expect(swap).toMatchObject({ outcome: 'completed', cause: null })
    expect(await served()).toBe('vllm-tiny')
    expect(await tokens('vllm-tiny')).toBeGreaterThan(0)
    const { json } = await cluster.plane.ask(`/api/swap/${swap.swap_id}/log/lines?lines=5000`)
    // its very last line may come after it was found healthy
    expect(SwapLogPage.parse(json).lines.join('\n')).toMatch(/Starting to load model[^]*Loading weights took[^]*Starting vLLM server on/)
    const back = await swapTo('first')
    expect(back, JSON.stringify(back)).toMatchObject({ outcome: 'completed', previous: [{ model: 'vllm-tiny' }] })
    expect(await served()).toBe('first')
  })
}
