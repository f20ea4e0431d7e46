import { cancellationSignal } from '@temporalio/activity'
import type { Argv, HostName } from '../../domain/names.ts'
import { HostError, type Hosts, type LookOptions } from '../hosts.ts'

/** What a command printed. Throws HostError `host_command_unknown` where its end was not heard, `host_command_failed` where it failed. */
export async function printed(hosts: Hosts, host: HostName, argv: Argv, options: LookOptions = {}): Promise<string> {
  const exit = await hosts.look(host, argv, { signal: cancellationSignal(), ...options })
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', host, exit.reason)
  if (exit.code !== 0) throw new HostError('host_command_failed', host, (exit.stderr.trim() || `exit ${exit.code}`).slice(0, 300))
  return exit.stdout
}

/**
 * The same for what begins or ends a download: it changes the host, but nothing that a swap relies on, so it takes no claim and bears no fence
 * (docs/decisions/0008). It is safe to repeat: the host's own lock lets one job a repository be.
 */
export const tended = (hosts: Hosts, host: HostName, argv: Argv, options: LookOptions = {}): Promise<string> => printed(hosts, host, argv, options)

/** What a look printed, understood. Throws `host_command_failed` for half a look. */
export function whole<T>(host: HostName, read: T | null): T {
  if (read === null) throw new HostError('host_command_failed', host, 'the look did not come to its end')
  return read
}
