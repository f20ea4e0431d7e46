import type { Argv, ContainerName } from '../names.ts'

/** Commands on a container, however it was started. */
export const stop = (name: ContainerName, graceS: number): Argv => ['docker', 'stop', '--time', String(graceS), name]
export const kill = (name: ContainerName): Argv => ['docker', 'kill', name]
export const remove = (name: ContainerName): Argv => ['docker', 'rm', '--force', name]

/** Its processes with the host's process ids. */
export const top = (name: ContainerName): Argv => ['docker', 'top', name, '-eo', 'pid,args']
export const lastLogs = (name: ContainerName, lines: number): Argv => ['docker', 'logs', '--timestamps', '--tail', String(lines), name]

/** The log as it grows; from `since` (a timestamp that the log itself showed) where we have read some already. */
export const followLogs = (name: ContainerName, since: string | null): Argv => [
  ...['docker', 'logs', '--timestamps', '--follow'],
  ...(since === null ? ['--tail', 'all'] : ['--since', since]),
  name,
]
export const imageId = (image: string): Argv => ['docker', 'image', 'inspect', '--format', '{{.Id}}', image]

/** A line of `docker top -eo pid,args`; null for its heading and anything else. */
export function processOf(line: string): { pid: number; args: string } | null {
  const match = /^\s*(\d+)\s+(.+)$/.exec(line)
  return match === null ? null : { pid: Number(match[1]), args: match[2] ?? '' }
}

/** True for vLLM's own server: while it lives the engine is not given up. An engine core outlives its killed server, and proves nothing. */
export const isServer = (args: string): boolean => /\bvllm\b.*\bserve\b|vllm\.entrypoints|VLLM::APIServer/.test(args)

/** True for any process of vLLM: all of them hold memory. */
export const isEngine = (args: string): boolean => isServer(args) || args.includes('VLLM::')
