import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextMove, nothingYet, withCommand, type ClearingFacts, type ClearingGoal, type ClearingSoFar } from '../../domain/clearing.ts'
import type { ContainerMark } from '../../domain/host-facts.ts'
import { GiB } from '../../domain/memory.ts'

const mark: ContainerMark = { cluster: 'home', swap: 'old', fence: 1, step: 2, attempt: 1, model: 'm' }
const goal: ClearingGoal = {
  clusterId: 'home',
  containers: ['vllm_node'],
  allOfOurs: true,
  portFree: true,
  memory: { bytes: 100 * GiB, because: 'the floor' },
}
const container = { name: 'vllm_node', running: true, autoRemove: false, mark }
const facts = (change: Partial<ClearingFacts> = {}): ClearingFacts => ({
  containers: [],
  computeApps: [],
  memAvailableBytes: 110 * GiB,
  portListening: false,
  docker: { ok: true, detail: '' },
  ...change,
})
const tried = (...commands: ('stop' | 'kill' | 'remove')[]): ClearingSoFar =>
  commands.reduce((soFar, command) => withCommand(soFar, 'vllm_node', command), nothingYet)

test('a running container is stopped, then killed, then removed, and then only waited for', () => {
  const there = facts({ containers: [container] })
  expect(nextMove(there, goal, nothingYet)).toEqual({ do: 'stop', container: 'vllm_node' })
  expect(nextMove(there, goal, tried('stop'))).toEqual({ do: 'kill', container: 'vllm_node' })
  expect(nextMove(there, goal, tried('stop', 'kill'))).toEqual({ do: 'remove', container: 'vllm_node' })
  expect(nextMove(there, goal, tried('stop', 'kill', 'remove'))).toMatchObject({ do: 'wait', missing: 'container' })
})

test('a container that has ended and stays is removed; one that removes itself is given a look more', () => {
  expect(nextMove(facts({ containers: [{ ...container, running: false }] }), goal, nothingYet)).toMatchObject({ do: 'remove' })
  const leaving = facts({ containers: [{ ...container, running: false, autoRemove: true }] })
  expect(nextMove(leaving, goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'container' })
  expect(nextMove(leaving, goal, tried('stop'))).toMatchObject({ do: 'remove' })
})

test('a container that ends by itself after its removal was refused is removed after all, once', () => {
  const ended = facts({ containers: [{ ...container, running: false }] })
  expect(nextMove(ended, goal, tried('stop', 'kill', 'remove'))).toEqual({ do: 'remove', container: 'vllm_node' })
  expect(nextMove(ended, goal, tried('stop', 'kill', 'remove', 'remove'))).toMatchObject({ do: 'wait', missing: 'container' })
})

test('every container of our cluster goes from a target host, and no stranger does', () => {
  const other = { ...container, name: 'left_over' }
  const stranger = { ...container, name: 'qdrant', mark: null }
  expect(nextMove(facts({ containers: [stranger, other] }), goal, nothingYet)).toEqual({ do: 'stop', container: 'left_over' })
  expect(nextMove(facts({ containers: [stranger] }), goal, nothingYet)).toMatchObject({ do: 'nothing' })
  expect(nextMove(facts({ containers: [other] }), { ...goal, allOfOurs: false }, nothingYet)).toMatchObject({ do: 'nothing' })
})

test('only processes that were seen in a container of ours are ended, once, and only after it is gone', () => {
  const soFar: ClearingSoFar = { ...nothingYet, engines: [{ pid: 7, name: 'VLLM::EngineCore' }] }
  const orphaned = facts({
    computeApps: [
      { pid: 7, name: 'VLLM::EngineCore', usedMiB: 1 },
      { pid: 8, name: 'VLLM::EngineCore', usedMiB: 1 },
    ],
  })
  expect(nextMove(orphaned, goal, soFar)).toEqual({ do: 'end_processes', pids: [7], detail: '7 VLLM::EngineCore (1 MiB)' })
  expect(nextMove(orphaned, goal, { ...soFar, orphansEnded: true })).toMatchObject({ do: 'wait', missing: 'process' })
  expect(nextMove({ ...orphaned, containers: [container] }, goal, soFar)).toMatchObject({ do: 'stop' })
  const reused = facts({ computeApps: [{ pid: 7, name: 'python', usedMiB: 1 }] })
  expect(nextMove(reused, goal, soFar)).toMatchObject({ do: 'nothing' })
})

test('without docker, with the port in use or without the memory there is no proof', () => {
  expect(nextMove(facts({ docker: { ok: false, detail: '' } }), goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'docker' })
  expect(nextMove(facts({ portListening: true }), goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'port' })
  expect(nextMove(facts({ portListening: null }), goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'port' })
  expect(nextMove(facts({ memAvailableBytes: 99 * GiB }), goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'memory' })
  expect(nextMove(facts({ memAvailableBytes: null }), goal, nothingYet)).toMatchObject({ do: 'wait', missing: 'memory' })
})

/** A host whose commands work or not, and work late or not. */
interface FickleHost {
  stopWorks: boolean
  killWorks: boolean
  removeWorks: boolean
  autoRemove: boolean
  orphan: boolean
  memoryLooks: number
}

test('whatever a host does, it is proven clear exactly when nothing is left, and no command is given for ever', () => {
  const host = fc.record({
    ...{ stopWorks: fc.boolean(), killWorks: fc.boolean(), removeWorks: fc.boolean(), autoRemove: fc.boolean(), orphan: fc.boolean() },
    memoryLooks: fc.nat(5),
  })
  fc.assert(
    fc.property(host, (fickle: FickleHost) => {
      let here = { ...container, autoRemove: fickle.autoRemove } as typeof container | null
      let orphan = fickle.orphan
      let looksUntilMemory = fickle.memoryLooks
      let soFar: ClearingSoFar = { ...nothingYet, engines: [{ pid: 7, name: null }] }
      let commands = 0
      const end = (works: boolean, removes: boolean): void => {
        commands += 1
        if (works && here !== null) here = removes || here.autoRemove ? null : { ...here, running: false }
      }
      for (let look = 0; look < 40; look++) {
        const move = nextMove(
          facts({
            containers: here === null ? [] : [here],
            computeApps: orphan ? [{ pid: 7, name: 'VLLM::EngineCore', usedMiB: 1 }] : [],
            memAvailableBytes: here === null && looksUntilMemory-- <= 0 ? 110 * GiB : 20 * GiB,
          }),
          goal,
          soFar,
        )
        if (move.do === 'nothing') {
          expect({ here, orphan }).toEqual({ here: null, orphan: false })
          return
        }
        if (move.do === 'stop' || move.do === 'kill' || move.do === 'remove') {
          soFar = withCommand(soFar, move.container, move.do)
          if (move.do === 'stop') end(fickle.stopWorks, false)
          if (move.do === 'kill') end(fickle.killWorks, false)
          if (move.do === 'remove') end(fickle.removeWorks, true)
        } else if (move.do === 'end_processes') {
          commands += 1
          orphan = false
          soFar = { ...soFar, orphansEnded: true }
        }
      }
      expect(commands).toBeLessThanOrEqual(4)
      expect(here).not.toBeNull()
    }),
    { numRuns: 1_000 },
  )
})
