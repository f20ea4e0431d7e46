import type { Machine } from '../machine.ts'
import { rayNodesOf } from '../fabric/ray.ts'
import type { RayNode } from '../fabric/ray.ts'
import { RankGroup } from '../fabric/rank-group.ts'
import type { VllmArguments } from './arguments.ts'
import { failures } from './sentinel.ts'
import type { EngineFailure } from './sentinel.ts'

/** The company of an engine that runs on several hosts: who it waits for, and whether all are still there. */
export class Ranks {
  readonly #machine: Machine
  readonly #args: VllmArguments
  readonly #over: AbortSignal
  #group: RankGroup | undefined
  #helpers: readonly RayNode[] = []

  constructor(machine: Machine, args: VllmArguments, over: AbortSignal) {
    this.#machine = machine
    this.#args = args
    this.#over = over
  }

  /** True also for who is alone. */
  get areAllThere(): boolean {
    return this.#group?.isWhole ?? true
  }

  /** Waits for the others; what comes back is why it gave up, or null. Null as well when the engine ended meanwhile. */
  async gather(): Promise<EngineFailure | null> {
    const { nodes, worldSize, byRay } = this.#args
    if (worldSize <= 1 && nodes <= 1) return null
    if (byRay) return await this.#gatherByRay()
    if (worldSize > nodes) return failures.tooFewGpus(worldSize, 1)
    const { masterAddress, masterPort, rank } = this.#args
    const { behaviour, fabric, self } = this.#machine
    const meetingPoint = `${masterAddress}:${String(masterPort)}`
    const late = this.#late()
    const seat = { meetingPoint, ranks: nodes, rank, host: self, over: this.#over }
    this.#group = (await fabric.gather(seat, AbortSignal.any([late, this.#over]))) ?? undefined
    if (this.#group || this.#over.aborted) return null
    return rank === 0 ? failures.othersMissing(nodes, behaviour.gather_s) : failures.headMissing(masterAddress, masterPort, behaviour.gather_s)
  }

  /** The other hosts of a Ray cluster hold this much of the model each. Ranks of their own look after themselves. */
  hold(gib: number): void {
    for (const node of this.#helpers) node.hold(gib)
  }

  release(): void {
    for (const node of this.#helpers) node.release()
  }

  async #gatherByRay(): Promise<EngineFailure | null> {
    const { worldSize } = this.#args
    const late = this.#late()
    let nodes = rayNodesOf(this.#machine)
    while (nodes.length < worldSize && !late.aborted && !this.#over.aborted) {
      await this.#machine.pace.wait(1, AbortSignal.any([late, this.#over]))
      nodes = rayNodesOf(this.#machine)
    }
    if (this.#over.aborted) return null
    if (nodes.length < worldSize) return failures.tooFewGpus(worldSize, nodes.length)
    const [, ...helpers] = nodes.slice(0, worldSize)
    this.#helpers = helpers
    this.#group = new RankGroup([{ host: this.#machine.self, over: this.#over }, ...helpers])
    return null
  }

  #late(): AbortSignal {
    return AbortSignal.timeout(this.#machine.pace.ms(this.#machine.behaviour.gather_s))
  }
}
