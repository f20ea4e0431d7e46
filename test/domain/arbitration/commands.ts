import type { Acquire, Claim, Command, SwapCommand } from '../../../domain/arbitration/command.ts'
import type { Wish } from '../../../domain/group-commit.ts'
import { decide, take, type Notice } from '../../../domain/arbitration/decide.ts'
import { freshState, type ArbiterState } from '../../../domain/arbitration/state.ts'
import type { Deployment } from '../../../domain/deployment.ts'

export const start = 1_000_000
export const hash = (name: string): string =>
  Array.from(name, (letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padEnd(64, '0')
    .slice(0, 64)

let ids = 0
const envelope = () => ({ id: `c${++ids}`, notAfter: Number.MAX_SAFE_INTEGER - 100_000 })

export const acquire = (holder: string, more: Partial<Acquire> = {}): Acquire => ({
  ...{ type: 'acquire', ...envelope(), tokenHash: hash(holder), holder, purpose: null, ttlS: 600, hosts: null },
  ...more,
})
/** Each is launched in a way of its own, so that none joins another's. */
export const swap = (swapId: string, hosts: readonly string[] | null, more: Partial<SwapCommand> = {}): SwapCommand => ({
  ...{
    type: 'swap',
    ...envelope(),
    swapId,
    model: 'qwen',
    identity: swapId,
    hosts,
    tokenHash: null,
    holder: 'someone',
    schedule: null,
    reason: null,
  },
  ...{ onFailure: 'restore', onBusy: 'reject', onDrainTimeout: 'go_on', drainS: 1, restart: false, force: false, deadlineS: 600, queueLimitS: 600 },
  ...{ look: null, requestHash: hash(swapId) },
  ...more,
})
export const claim = (claimId: string, hosts: readonly string[], more: Partial<Claim> = {}): Claim => ({
  ...{ type: 'claim', ...envelope(), claimId, workflowId: `operation/${claimId}`, hosts, holder: 'someone', purpose: 'disk', tokenHash: null },
  ...more,
})
export const command = <C extends Command['type']>(type: C, facts: Omit<Extract<Command, { type: C }>, 'type' | 'id' | 'notAfter'>): Command =>
  ({ type, ...envelope(), ...facts }) as unknown as Command // type and facts belong together by C

/** The same as a batcher wants it: id and time are its business. */
export const wish = ({ id: _id, notAfter: _notAfter, ...rest }: Command): Wish => rest

export const deployment = (model: string, hosts: string[], more: Partial<Deployment> = {}): Deployment => ({
  ...{ model, hosts, swapId: 'swap-before', fence: 1, validatedAt: 1, adopted: false, container: 'vllm_node', snapshot: null },
  ...more,
})

/** An arbiter under test: its state, and what it did last. */
export class Bench {
  state: ArbiterState
  now = start
  effects: ReturnType<typeof decide>['effects'] = []

  constructor(hosts: readonly string[] = ['spark-1', 'spark-2', 'spark-3']) {
    this.state = freshState('demo', hosts, start)
  }

  /** Recovered, and every host surveyed and empty. */
  static ready(hosts?: readonly string[], deployments: readonly Deployment[] = []): Bench {
    const bench = new Bench(hosts)
    bench.take({ kind: 'recovered', found: { hosts: bench.state.hosts.map((entry) => entry.host), registeredAttributes: [], swaps: [] } })
    for (const entry of bench.state.hosts) bench.survey(entry.host, { deployment: deployments.find((one) => one.hosts.includes(entry.host)) ?? null })
    return bench
  }

  ask(...commands: Command[]): ReturnType<typeof decide>['reply']['answers'] {
    const decision = decide(this.state, commands, this.now)
    this.state = decision.state
    this.effects = decision.effects
    return decision.reply.answers
  }

  /** One command, and how its answer begins. */
  kind(one: Command): string {
    const [answer] = this.ask(one)
    return answer?.kind === 'refused' ? answer.code : (answer?.kind ?? 'none')
  }

  take(notice: Notice): void {
    const change = take(this.state, notice, this.now)
    this.state = change.state
    this.effects = change.effects
  }

  /** Answers the survey that is under way on a host. */
  survey(host: string, found: Partial<Extract<Notice, { kind: 'surveyed' }>['found']> = {}): void {
    const survey = this.state.hosts.find((entry) => entry.host === host)?.survey
    const whole = {
      host,
      reachable: true,
      cause: null,
      code: null,
      fence: survey?.fence ?? 0,
      foreignCluster: null,
      deployment: null,
      strays: [],
      ...found,
    }
    this.take({ kind: 'surveyed', surveyId: survey?.id ?? 'none', found: whole })
  }

  hostState(host: string): string | undefined {
    return this.state.hosts.find((entry) => entry.host === host)?.state
  }

  get active(): string[] {
    return this.state.active.map((one) => one.swapId)
  }
  get queue(): string[] {
    return this.state.queue.map((one) => one.swapId)
  }
  done(kind: string): unknown[] {
    return this.effects.filter((effect) => effect.kind === kind)
  }
}
