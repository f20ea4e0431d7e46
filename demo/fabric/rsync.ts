import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Tool } from '../door.ts'
import type { SshOrigin } from './ssh-client.ts'

/** `rsync -a SOURCE… [USER@]HOST:TARGET`, from this host to another one of its fabric; 255 and ssh's words where that cannot be reached. */
export function rsyncTool({ host, fabric, pace, disk }: SshOrigin): Tool {
  return async (call) => {
    const paths = call.args.filter((arg, at) => !arg.startsWith('-') && !/^(-e|--rsh|--exclude|--include|--timeout)$/.test(call.args[at - 1] ?? ''))
    const to = /^(?:[^@]+@)?([^:/]+):(.*)$/.exec(paths.pop() ?? '')
    if (to === null || paths.length === 0) {
      call.err('rsync error: syntax or usage error (code 1) at main.c(1795) [client=3.2.7]\n')
      return 1
    }
    const [, reference = '', path = ''] = to
    const target = fabric.find(reference)
    if (!target?.linked || !host.linked) {
      await pace.wait(3, call.gone)
      call.err(`ssh: connect to host ${reference} port 22: ${target ? 'No route to host' : 'Name or service not known'}\n`)
      call.err(
        'rsync: connection unexpectedly closed (0 bytes received so far) [sender]\nrsync error: unexplained error (code 255) at io.c(231) [sender=3.2.7]\n',
      )
      return 255
    }
    const there = target.pathOf(disk.asSeen(path).replaceAll(disk.home, target.home))
    for (const source of paths.map((each) => join(each.startsWith('/') ? '/' : call.cwd, each) + (each.endsWith('/') ? '/' : ''))) {
      if (!existsSync(source)) {
        call.err(`rsync: [sender] link_stat "${disk.asSeen(source)}" failed: No such file or directory (2)\n`)
        return 23
      }
      const into = source.endsWith('/') ? there : join(there, basename(source))
      mkdirSync(dirname(into), { recursive: true })
      call.out('sending incremental file list\n')
      for (const file of filesBelow(source)) {
        const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
        call.out(`${relative(dirname(source), file)}\n${size.toLocaleString('en-US').padStart(15)} 100%  112.40MB/s    0:00:00 (xfr#1, to-chk=0/1)\n`)
        await pace.wait(0.2, call.gone)
        if (call.gone.aborted) return 20
        const place = join(into, relative(source, file))
        mkdirSync(dirname(place), { recursive: true })
        cpSync(file, place, { verbatimSymlinks: true, force: true })
      }
    }
    return 0
  }
}

/** Files and links, not folders. */
function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
}
