import { createHash } from 'node:crypto'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { ArbiterView } from '../../domain/arbitration/command.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { nothingHeld, type GuardHeld } from '../../domain/guardian/held.ts'
import { guardianActor, guardianWorkflowId, guardianWorkflowType, type Incident } from '../../domain/guardian/incident.ts'
import { certain, doubtsAfter, keyOf, neverServed, seenServing, type Doubt, type Standing } from '../../domain/guardian/standing.ts'
import { askedAgain, isOccupied, isWorthASurvey, strangerOn, type Asked } from '../../domain/guardian/stranger.ts'
import { isWedged } from '../../domain/guardian/wedge.ts'
import type { ClusterId, HostName } from '../../domain/names.ts'
import { readArbiter } from '../arbiter.ts'
import type { DepsWithArbiter } from '../deps.ts'
import type { Seen } from '../telemetry/host-watch.ts'

const viewLifeMs = 5_000

type AllSeen = ReadonlyMap<HostName, Seen>

/**
 * Compares what the monitor sees with what the arbiter holds: models that were lost, wedged, or started by somebody else. It decides nothing: it has the
 * arbiter look anew, and starts one workflow an incident, whose id makes a second one of the same impossible.
 */
export class Guard {
  readonly #deps: DepsWithArbiter
  readonly #clusterId: ClusterId
  readonly #standings = new Map<string, Standing>()
  readonly #doubts = new Map<string, readonly Doubt[]>()
  readonly #asked = new Map<HostName, Asked>()
  readonly #adopted: Set<string>
  readonly #wedgesTold = new Set<string>()
  #view: { readonly at: number; readonly view: ArbiterView } | null = null
  #grants = ''
  /** When it was last heard that something was begun, ended or surveyed, by `performance.now()`: looks from before say nothing about what is held now. */
  #settledAt = Infinity
  #isBusy = false
  #isTroubled = false

  constructor(deps: DepsWithArbiter, clusterId: ClusterId, held: GuardHeld = nothingHeld) {
    this.#deps = deps
    this.#clusterId = clusterId
    this.#adopted = new Set(held.adopted)
    for (const standing of held.standings) this.#standings.set(standing.key, standing)
  }

  get held(): Pick<GuardHeld, 'standings' | 'adopted'> {
    return { standings: [...this.#standings.values()], adopted: [...this.#adopted] }
  }

  /** The port of what a host holds, where the arbiter knows it and its own marks do not tell. */
  portOn(host: HostName): number | null {
    return this.#view?.view.deployments.find((one) => one.hosts[0] === host)?.snapshot?.port ?? null
  }

  /** Returns at once. While one comparison is under way, no second one begins; one that fails is one less. */
  consider(seen: AllSeen): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#compare(seen)
      .then(() => (this.#isTroubled = false))
      .catch((error: unknown) => {
        if (!this.#isTroubled) this.#deps.log.warn({ err: error }, 'the guardian cannot compare what is seen with what should be')
        this.#isTroubled = true
      })
      .finally(() => (this.#isBusy = false))
  }

  async #compare(seen: AllSeen): Promise<void> {
    const view = await this.#viewWithin(viewLifeMs)
    this.#keepTo(view.deployments)
    await this.#tellAdopted(view.deployments, seen)
    const settled = new Map([...seen].filter(([, { begunAt }]) => begunAt > this.#settledAt))
    for (const deployment of view.deployments) {
      await this.#watchOver(deployment, settled, view)
      await this.#lookForWedge(deployment, settled)
    }
    for (const [host, { facts, look }] of settled)
      if (facts !== null) await this.#lookForStranger(host, strangerOn(facts, look.healthy ? (look.serving?.model_id ?? '') : null), view)
  }

  async #viewWithin(lifeMs: number): Promise<ArbiterView> {
    if (this.#view !== null && performance.now() - this.#view.at <= lifeMs) return this.#view.view
    const at = performance.now()
    const view = await readArbiter(this.#deps.client, this.#clusterId)
    this.#view = { at, view }
    const grants = JSON.stringify([view.fence, view.active.map(({ swapId }) => swapId), view.claims.map(({ claimId }) => claimId), view.hosts])
    if (grants !== this.#grants) {
      this.#grants = grants
      this.#settledAt = performance.now()
      this.#doubts.clear()
    }
    return view
  }

  #keepTo(deployments: readonly Deployment[]): void {
    const keys = deployments.map(keyOf)
    for (const key of this.#standings.keys()) {
      if (keys.includes(key)) continue
      this.#standings.delete(key)
      this.#doubts.delete(key)
    }
    for (const key of keys) if (!this.#standings.has(key)) this.#standings.set(key, neverServed(key))
  }

  async #watchOver(deployment: Deployment, seen: AllSeen, view: ArbiterView): Promise<void> {
    const key = keyOf(deployment)
    const standing = this.#standings.get(key) ?? neverServed(key)
    if (isOccupied(view, deployment.hosts)) return void this.#doubts.delete(key)
    const looks = new Map([...seen].map(([host, { facts, look, nth }]) => [host, { facts, healthy: look.healthy, nth }]))
    const doubts = doubtsAfter(this.#doubts.get(key) ?? [], deployment, standing, looks)
    this.#doubts.set(key, doubts)
    const loss = certain(doubts)
    if (doubts.length === 0 && looks.get(deployment.hosts[0] ?? '')?.healthy === true)
      this.#standings.set(key, seenServing(standing, deployment, looks, Date.now()))
    if (loss === null || standing.told) return
    // Seen gone twice; now whether the arbiter still holds it, and nothing of ours has begun meanwhile.
    if (!(await this.#stillStands(deployment))) return
    const since = standing.since ?? deployment.validatedAt
    await this.#begin('lost', deployment, loss.cause, { since, tokens: null, words: `${key} ${String(since)}` })
    this.#standings.set(key, { ...standing, told: true })
  }

  async #lookForWedge(deployment: Deployment, seen: AllSeen): Promise<void> {
    const head = seen.get(deployment.hosts[0] ?? '')
    const { guardian_wedged_s: afterS } = this.#deps.config.read().settings
    if (head?.look.healthy !== true || !isWedged(head.stuck, Date.now(), afterS)) return
    const { tokens, since } = head.stuck
    const words = `${keyOf(deployment)} wedged at ${tokens}`
    if (this.#wedgesTold.has(words)) return
    if (!(await this.#stillStands(deployment))) return
    const forS = Math.round((Date.now() - since) / 1000)
    const running = head.engine?.running ?? null
    const cause = `${running === null ? 'requests are' : `${running} ${running === 1 ? 'request is' : 'requests are'}`} open, no token was made for ${forS} s, and the GPU idles`
    await this.#begin('wedged', deployment, cause, { since: this.#standings.get(keyOf(deployment))?.since ?? deployment.validatedAt, tokens, words })
    this.#wedgesTold.add(words)
  }

  /** Whether nothing has been begun or ended since the looks that were judged, so that the arbiter still holds what they were judged by. */
  async #stillStands(deployment: Deployment): Promise<boolean> {
    const before = this.#grants
    const { deployments } = await this.#viewWithin(0)
    return this.#grants === before && deployments.some((one) => keyOf(one) === keyOf(deployment))
  }

  async #begin(
    kind: Incident['kind'],
    { model, hosts, swapId, container }: Deployment,
    cause: string,
    { since, tokens, words }: { since: number | null; tokens: number | null; words: string },
  ): Promise<void> {
    const id = createHash('sha256').update(`${this.#clusterId} ${kind} ${words}`).digest('hex').slice(0, 20)
    const at = Date.now()
    const servedS = since === null ? null : Math.max(0, (at - since) / 1000)
    const incident: Incident = { ...{ id, kind, clusterId: this.#clusterId, model, hosts, swapId, container, cause, at, servedS, tokens } }
    try {
      await this.#deps.client.workflow.start(guardianWorkflowType, {
        workflowId: guardianWorkflowId(this.#clusterId, id),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: this.#deps.taskQueue,
        args: [incident],
      })
      this.#deps.log.warn({ kind, model, hosts, cause }, 'the guardian begins to see to a model')
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }

  async #lookForStranger(host: HostName, mark: string | null, view: ArbiterView): Promise<void> {
    const held = view.deployments.some((one) => one.hosts.includes(host))
    if (mark === null || held) return void this.#asked.delete(host)
    const known = view.hosts.some((entry) => entry.host === host && entry.state === 'known')
    const before = this.#asked.get(host) ?? null
    if (!known || isOccupied(view, [host]) || !isWorthASurvey(before, mark, Date.now())) return
    const grants = this.#grants
    const now = await this.#viewWithin(0)
    if (this.#grants !== grants || now.deployments.some((one) => one.hosts.includes(host))) return
    await this.#deps.arbiter.ask({ type: 'resurvey', hosts: [host], by: guardianActor })
    this.#asked.set(host, askedAgain(before, mark, Date.now()))
    this.#view = null
  }

  /** Told once each: the id is the container's own, and the monitor's heartbeat remembers it. */
  async #tellAdopted(deployments: readonly Deployment[], seen: AllSeen): Promise<void> {
    const adopted = deployments.filter((one) => one.adopted)
    for (const key of this.#adopted) if (!adopted.some((one) => keyOf(one) === key)) this.#adopted.delete(key)
    for (const deployment of adopted) {
      const key = keyOf(deployment)
      if (this.#adopted.has(key)) continue
      const { model, hosts, container } = deployment
      const result = container === null ? 'it serves here, and nothing of ours started it' : `its container is ${container}`
      const containerId = seen.get(hosts[0] ?? '')?.facts?.containers.find(({ name }) => name === container)?.id ?? ''
      const id = `evt_adopted_${createHash('sha256').update(`${key} ${containerId}`).digest('hex').slice(0, 20)}`
      await this.#deps.arbiter.ask({
        type: 'note',
        entries: [{ id, type: 'deployment_adopted', by: guardianActor, hosts, result, data: { model } }],
      })
      this.#adopted.add(key)
    }
  }
}
