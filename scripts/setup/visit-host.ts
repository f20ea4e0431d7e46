import { visit, type Visit } from '../../activities/discovery/visit.ts'
import type { HostDiscovery } from '../../domain/discovery/discovery.ts'
import { stepWords, type HostAddress, type VisitEnd } from '../../domain/discovery/visit.ts'
import type { Asker } from './ask.ts'

interface Way {
  readonly keysDir: string
  readonly timing?: Visit['timing'] | undefined
  readonly asker: Asker
  readonly fingerprint: string | undefined
}

/** One machine, until it is looked at or nobody can help any more: its host key is confirmed, our key let in. Null when it could not be looked at; why is said. */
export async function visitHost(host: HostAddress, { asker, fingerprint, keysDir, timing }: Way): Promise<HostDiscovery | null> {
  let confirmed = fingerprint
  for (;;) {
    const body = confirmed === undefined ? host : { ...host, fingerprint: confirmed }
    const end = await visit(body, {
      keysDir,
      ...(timing === undefined ? {} : { timing }),
      say: (step) => step !== 'host_key' && asker.say(`${host.address}: ${stepWords[step]} …`),
    })
    switch (end.state) {
      case 'found':
        return end.discovery
      case 'unreachable':
        asker.say(`${end.message}\n${end.advice}`)
        return null
      case 'confirm_host_key': {
        sayKey(host, end, asker)
        if (confirmed !== undefined || !(await asker.confirm('Is it the same, and shall it be pinned?', false))) {
          asker.say(
            asker.someone ? 'Nothing was changed.' : `Nothing was changed. Where you have compared it: --fingerprint ${end.host_key.fingerprint}`,
          )
          return null
        }
        confirmed = end.host_key.fingerprint
        break
      }
      case 'login_refused':
        asker.say(
          `${end.message}\nThis line is missing in ${end.login.file}:\n\n${end.login.line}\n\nWhere a password is enough, in another terminal:\n  ${end.login.command}`,
        )
        if (!(await asker.confirm('Done? Try again?', false))) return null
    }
  }
}

function sayKey(host: HostAddress, { message, host_key: key }: Extract<VisitEnd, { state: 'confirm_host_key' }>, asker: Asker): void {
  asker.say(`${host.address} port ${host.port} shows the ${key.type} key\n  ${key.fingerprint}`)
  for (const pinned of key.pinned) asker.say(`  pinned is ${pinned}`)
  asker.say(`${message}\nAt the host itself: ${key.compare_with}`)
}
