import type { Call, Tool } from '../door.ts'
import type { HostDisk } from '../disk.ts'
import type { DockerDaemon } from './daemon.ts'
import { DockerError, parseFlags } from './flags.ts'
import { exec, killAll, remove, start, stop, top, waitFor } from './lifecycle.ts'
import { images, inspect, ps } from './list.ts'
import { logs } from './logs.ts'
import { run } from './run.ts'
import { fillTemplate } from './template.ts'

const version = '28.5.1'

/** The `docker` command of a host: exit codes and words are docker's own. `full` tells whether the host's disk is. */
export function dockerTool(daemon: DockerDaemon, disk: HostDisk, full: () => boolean): Tool {
  return async (call) => {
    try {
      return await subcommand(daemon, disk, call, full())
    } catch (error) {
      if (!(error instanceof DockerError)) throw error
      call.err(`${call.args[0] === 'run' && !/^(docker:|"docker|unknown|flag )/.test(error.message) ? 'docker: ' : ''}${error.message}\n`)
      return error.code
    }
  }
}

async function subcommand(daemon: DockerDaemon, disk: HostDisk, call: Call, full: boolean): Promise<number> {
  const [name, ...args] = call.args[0] === 'container' ? call.args.slice(1) : call.args
  switch (name) {
    case 'run':
      if (full) throw new DockerError('Error response from daemon: mkdir /var/lib/docker/overlay2: no space left on device', 125)
      return await run(
        daemon,
        call,
        args.map((arg) => disk.asSeen(arg)),
        disk,
      )
    case 'ps':
    case 'ls':
      return ps(daemon, call, args)
    case 'inspect':
      return inspect(daemon, call, args, call.args[0] === 'container' ? 'container' : 'any')
    case 'image':
      if (args[0] === 'ls') return images(daemon, call, args.slice(1))
      if (args[0] === 'inspect') return inspect(daemon, call, args.slice(1), 'image')
      throw new DockerError(`docker: unknown command: docker image ${args[0] ?? ''}`)
    case 'images':
      return images(daemon, call, args)
    case 'logs':
      return await logs(daemon, call, args)
    case 'stop':
    case 'restart':
      return await stop(daemon, call, args, name === 'restart')
    case 'start':
      return await start(daemon, call, args)
    case 'kill':
      return await killAll(daemon, call, args)
    case 'rm':
      return await remove(daemon, call, args)
    case 'wait':
      return await waitFor(daemon, call, args)
    case 'exec':
      return await exec(
        daemon,
        call,
        args.map((arg) => disk.asSeen(arg)),
      )
    case 'top':
      return top(daemon, call, args)
    case 'login':
      return await login(call, args)
    case 'pull':
      return pull(daemon, call, args)
    case 'version':
    case 'info':
      return about(daemon, call, name, args)
    case '--version':
    case '-v':
      call.out(`Docker version ${version}, build e180ab8\n`)
      return 0
    default:
      throw new DockerError(`docker: unknown command: docker ${name ?? ''}\n\nRun 'docker --help' for more information`)
  }
}

function about(daemon: DockerDaemon, call: Call, name: 'version' | 'info', args: readonly string[]): number {
  const format = parseFlags(name, { format: { short: 'f' } }, args).last('format')
  const containers = daemon.all()
  const facts =
    name === 'version'
      ? { Client: { Version: version, Os: 'linux', Arch: 'arm64' }, Server: { Version: version, Os: 'linux', Arch: 'arm64', ApiVersion: '1.51' } }
      : {
          ServerVersion: version,
          OperatingSystem: 'Ubuntu 24.04.3 LTS',
          Architecture: 'aarch64',
          NCPU: 20,
          Containers: containers.length,
          ContainersRunning: containers.filter((container) => container.running).length,
          Images: daemon.images.all().length,
          Runtimes: { nvidia: {}, runc: {} },
        }
  call.out(`${format === undefined ? JSON.stringify(facts, null, 1) : fillTemplate(format === 'json' ? '{{json .}}' : format, facts)}\n`)
  return 0
}

/** Accepts any password but an empty one; it is read and forgotten. */
async function login(call: Call, args: readonly string[]): Promise<number> {
  const flags = parseFlags('login', { username: { short: 'u' }, password: { short: 'p' }, 'password-stdin': { bare: true } }, args)
  if (!flags.has('password-stdin')) throw new DockerError('Error: Cannot perform an interactive login from a non TTY device')
  let password = ''
  for await (const part of call.stdin()) password += String(part)
  if (password.trim() === '' || flags.last('username') === undefined) throw new DockerError('Error: Password Required')
  call.out('Login Succeeded\n')
  return 0
}

function pull(daemon: DockerDaemon, call: Call, args: readonly string[]): number {
  const [reference = ''] = parseFlags('pull', { quiet: { short: 'q', bare: true }, platform: {} }, args).words
  if (!daemon.images.find(reference))
    throw new DockerError(`Error response from daemon: pull access denied for ${reference}, repository does not exist or may require 'docker login'`)
  call.out(`Status: Image is up to date for ${reference}\n`)
  return 0
}
