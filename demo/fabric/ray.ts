import { endedProgram } from '../docker/program.ts'
import type { Program } from '../docker/program.ts'
import type { Call } from '../door.ts'
import type { Machine } from '../machine.ts'
import type { FabricHost } from './fabric.ts'

const usualPort = 6379

/** One host's part in a Ray cluster: what the engine on the head asks for memory there. */
export interface RayNode {
  readonly host: FabricHost
  /** `address:port` of the cluster's head. */
  readonly cluster: string
  readonly over: AbortSignal
  hold(gib: number): void
  release(): void
}

/** `ray start --block …` in a container: belongs to its cluster until it is ended. */
class Raylet implements Program, RayNode {
  readonly pid: number
  readonly argv: readonly string[]
  readonly exited: Promise<number>
  readonly hangsAtStop = false
  readonly host: FabricHost
  readonly cluster: string
  readonly #machine: Machine
  readonly #over = new AbortController()
  readonly #end = Promise.withResolvers<number>()

  constructor(machine: Machine, argv: readonly string[]) {
    const option = (name: string): string | undefined => {
      const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`))
      return argv[at]?.includes('=') === true ? argv[at].slice(name.length + 1) : argv[at + 1]
    }
    this.#machine = machine
    this.argv = argv
    this.pid = machine.nextPid()
    this.host = machine.self
    this.cluster = argv.includes('--head')
      ? `${machine.self.fabricAddress}:${option('--port') ?? String(usualPort)}`
      : (option('--address') ?? `127.0.0.1:${String(usualPort)}`)
    this.exited = this.#end.promise
    machine.fabric.rayNodes.add(this)
  }

  get over(): AbortSignal {
    return this.#over.signal
  }

  processes(): { pid: number; command: string }[] {
    return this.over.aborted ? [] : [{ pid: this.pid, command: `/usr/bin/python3 /usr/local/bin/${this.argv.join(' ')}` }]
  }

  hold(gib: number): void {
    this.#machine.memory.hold(this.pid, gib)
  }

  release(): void {
    this.#machine.memory.release(this.pid)
  }

  signal(name: NodeJS.Signals): void {
    if (this.over.aborted) return
    this.#over.abort()
    this.#machine.fabric.rayNodes.delete(this)
    this.release()
    this.#end.resolve(name === 'SIGKILL' ? 137 : 0)
  }

  killProcess(pid: number): boolean {
    if (pid !== this.pid || this.over.aborted) return false
    this.signal('SIGKILL')
    return true
  }
}

/** The nodes of the cluster that this host is part of, itself first; none where Ray does not run here. */
export function rayNodesOf({ fabric, self }: Machine): RayNode[] {
  const own = [...fabric.rayNodes].find(({ host }) => host === self)
  if (!own) return []
  return [own, ...[...fabric.rayNodes].filter((node) => node !== own && node.cluster === own.cluster && node.host.linked && self.linked)]
}

/** `ray start|status|stop`, also as a command of a script in the container. */
export function startRay(machine: Machine, argv: readonly string[], call: Pick<Call, 'out' | 'err'>): Program {
  const [, action] = argv
  if (action === 'start') return new Raylet(machine, argv)
  const nodes = rayNodesOf(machine)
  const [own] = nodes
  if (action === 'stop' && own instanceof Raylet) own.signal('SIGTERM')
  if (action === 'status' && nodes.length === 0)
    call.err('ConnectionError: Could not find any running Ray instance. Please specify the one to connect to by setting `--address` flag.\n')
  if (action === 'status' && nodes.length > 0) call.out(statusOf(nodes))
  const code = action === 'status' && nodes.length === 0 ? 1 : 0
  return endedProgram(machine, argv, code)
}

function statusOf(nodes: readonly RayNode[]): string {
  const gpus = `${String(nodes.length)}.0`
  return [
    '======== Autoscaler status ========',
    'Node status',
    '---------------------------------------------------------------',
    'Active:',
    ...nodes.map(({ host }) => ` 1 node_${host.name}`),
    'Pending:',
    ' (no pending nodes)',
    '',
    'Resources',
    '---------------------------------------------------------------',
    `Total Usage:\n 0.0/${gpus} GPU`,
    '',
  ].join('\n')
}
