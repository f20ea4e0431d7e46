import { describe, expect, test } from 'vitest'
import { freeHost, holdingsSeen } from '../../../domain/arbitration/free-host.ts'
import { viewOf } from '../../../domain/arbitration/view.ts'
import type { Deployment } from '../../../domain/deployment.ts'
import { acquire, Bench, claim, deployment, hash, swap } from './commands.ts'

const hosts = ['spark-1', 'spark-2', 'spark-3']
const anywhere = { anywhere: true, model: 'small', identity: 'small' }

/** On which hosts the gate lets it go, or the code of its refusal. */
function goes(bench: Bench, swapId = 'swap-0009', more: Parameters<typeof swap>[2] = {}): unknown {
  const [answer] = bench.ask(swap(swapId, null, { ...anywhere, ...more }))
  return answer?.kind === 'accepted' ? answer.hosts : answer?.kind === 'refused' ? answer.code : answer?.kind
}
const known = (...held: Deployment[]): Bench => Bench.ready(hosts, held)

describe('a model that may go anywhere goes', () => {
  test('to the first host that holds nothing', () => {
    expect(goes(known())).toEqual(['spark-1'])
    expect(goes(known(deployment('big', ['spark-1', 'spark-2'])))).toEqual(['spark-3'])
  })

  test('past hosts that a swap or another change occupies, or waits for', () => {
    const bench = known()
    bench.ask(swap('swap-0001', ['spark-1']), claim('claim-1', ['spark-2']))
    expect(goes(bench)).toEqual(['spark-3'])
  })

  test('past hosts that somebody else has reserved, and not past its own', () => {
    const bench = known()
    bench.ask(acquire('night', { hosts: ['spark-1'] }))
    expect(goes(bench)).toEqual(['spark-2'])
    const own = known()
    own.ask(acquire('night', { hosts: ['spark-1'] }))
    expect(goes(own, 'swap-0009', { tokenHash: hash('night') })).toEqual(['spark-1'])
  })

  test('past a host that does not answer', () => {
    const bench = new Bench(hosts)
    bench.take({ kind: 'recovered', found: { hosts, registeredAttributes: [], swaps: [] } })
    bench.survey('spark-1', { reachable: false, cause: 'no answer', code: 'host_unreachable' })
    bench.survey('spark-2')
    expect(goes(bench)).toEqual(['spark-2'])
  })

  test('where it is already, or is on its way to', () => {
    expect(goes(known(deployment('small', ['spark-2'])))).toEqual(['spark-2'])
    const bench = known()
    expect(goes(bench, 'swap-0001')).toEqual(['spark-1'])
    expect(goes(bench, 'swap-0002')).toBe('busy')
  })
})

test('two different ones that ask in one batch do not get the same host', () => {
  const bench = known()
  const answers = bench.ask(swap('swap-0001', null, { ...anywhere, model: 'a' }), swap('swap-0002', null, { ...anywhere, model: 'b' }))
  expect(answers).toMatchObject([{ hosts: ['spark-1'] }, { hosts: ['spark-2'] }])
})

test('with no host free the refusal says what is in the way on each', () => {
  const bench = known(deployment('big', ['spark-1']))
  bench.ask(swap('swap-0001', ['spark-2']), acquire('night', { hosts: ['spark-3'] }))
  const [answer] = bench.ask(swap('swap-0009', null, anywhere))
  expect(answer).toMatchObject({ kind: 'refused', code: 'no_free_host', hosts })
  expect(answer?.kind === 'refused' && answer.message).toBe(
    'No host is free for small: spark-1 holds big; spark-2 is busy with swap swap-0001 to qwen; spark-3 is reserved by night',
  )
})

test('while a host is still being looked at nobody is told that none is free', () => {
  const bench = new Bench(['spark-1'])
  expect(goes(bench)).toBe('surveying')
})

test('a plan sees what the gate would choose', () => {
  const bench = known(deployment('big', ['spark-1']))
  bench.ask(swap('swap-0001', ['spark-2']))
  expect(freeHost(holdingsSeen(viewOf(bench.state), false), 'small')).toEqual({ kind: 'hosts', hosts: ['spark-3'] })
})
