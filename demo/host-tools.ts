import { dockerTool } from './docker/cli.ts'
import type { DockerDaemon } from './docker/daemon.ts'
import type { Tool } from './door.ts'
import { ibdev2netdev, ip } from './fabric/interfaces.ts'
import { rsyncTool } from './fabric/rsync.ts'
import { sshTool } from './fabric/ssh-client.ts'
import { hubTool } from './hub/hub-tool.ts'
import { listeningSockets } from './listeners.ts'
import type { Machine } from './machine.ts'
import { nvidiaSmi } from './nvidia-smi.ts'
import { recipeTool } from './recipe.ts'

/** All commands of a host that are simulated in its process, by name. `power` is what `reboot` and its like ask for. */
export function hostTools(machine: Machine, daemon: DockerDaemon, power: (again: boolean) => void): Readonly<Record<string, Tool>> {
  const { disk, fabric, pace } = machine
  const origin = { host: machine.self, fabric, disk, pace }
  const inContainer = containerTool(machine, daemon)
  const reboot: Tool = (call) => {
    power(call.tool === 'reboot' || call.args.includes('-r'))
    return Promise.resolve(0)
  }
  return {
    docker: dockerTool(daemon, disk, () => machine.shell.diskFull),
    'nvidia-smi': nvidiaSmi(machine),
    vllm: inContainer,
    ray: inContainer,
    hf: hubTool(machine),
    uvx: hubTool(machine),
    recipe: recipeTool(disk),
    ss: listeningSockets(machine),
    ssh: sshTool(origin),
    rsync: rsyncTool(origin),
    ip: ip(machine),
    ibdev2netdev: ibdev2netdev(machine),
    'kill-simulated': killSimulated(machine, daemon),
    reboot,
    shutdown: reboot,
    poweroff: reboot,
  }
}

/** A simulated program (`vllm`, `ray`), typed by a script inside a container. */
function containerTool({ disk }: Machine, daemon: DockerDaemon): Tool {
  return async (call) => {
    const container = daemon.find(call.container)
    if (!container?.running) return 127
    const toLog = (text: string): void => container.log.write('out', text)
    const program = daemon.exec(container, [call.tool, ...call.args.map((arg) => disk.asSeen(arg))], call.env, {
      out: (text: string) => call.out(text),
      err: (text: string) => call.err(text),
      toLog,
    })
    const kill = (): void => program.signal('SIGKILL')
    call.gone.addEventListener('abort', kill)
    const code = await program.exited
    call.gone.removeEventListener('abort', kill)
    return code
  }
}

function killSimulated({ orphans, memory }: Machine, daemon: DockerDaemon): Tool {
  const endOrphan = (pid: number): boolean => {
    if (!orphans.delete(pid)) return false
    memory.release(pid)
    return true
  }
  return (call) => {
    const pids = call.args.filter((arg) => /^5\d{6}$/.test(arg)).map(Number)
    const missed = pids.filter((pid) => !daemon.killProcess(pid) && !endOrphan(pid))
    for (const pid of missed) call.err(`kill: (${String(pid)}) - No such process\n`)
    return Promise.resolve(missed.length > 0 ? 1 : 0)
  }
}
