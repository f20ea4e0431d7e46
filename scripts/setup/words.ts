import { parseArgs } from 'node:util'
import { HostAddress } from '../../domain/discovery/visit.ts'

export interface SetupWords {
  readonly hosts: readonly HostAddress[]
  /** A fingerprint that was compared before, for the first host. */
  readonly fingerprint: string | undefined
  readonly clusterId: string | undefined
  readonly yes: boolean
  readonly dryRun: boolean
}

export const usage = `usage: npm run setup -- [--address <[user@]address[:port]>]... [--yes] [options]

  --address       a machine to add; may come several times. Asked for when it is left out
  --user          the SSH user, where an address names none (spark)
  --port          the SSH port, where an address names none (22)
  --fingerprint   SHA256:…, compared before: pins the first machine's host key without asking
  --cluster-id    the name of a new cluster (home)
  --yes           ask nothing: take what is ticked. A host key that is not pinned needs --fingerprint
  --dry-run       show what was found and proposed; write nothing`

/** Null for words that make no sense; a text for an address that is none. */
export function readWords(argv: readonly string[]): SetupWords | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        address: { type: 'string', multiple: true, default: [] },
        user: { type: 'string', default: 'spark' },
        port: { type: 'string', default: '22' },
        fingerprint: { type: 'string' },
        'cluster-id': { type: 'string' },
        yes: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
      },
    })
    const hosts: HostAddress[] = []
    for (const word of values.address) {
      const host = addressIn(word, values.user, values.port)
      if (typeof host === 'string') return host
      hosts.push(host)
    }
    return { hosts, fingerprint: values.fingerprint, clusterId: values['cluster-id'], yes: values.yes, dryRun: values['dry-run'] }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** `[user@]address[:port]`, in brackets for IPv6. What is wrong with it, in words, where it is none. */
export function addressIn(word: string, user: string, port: string): HostAddress | string {
  const read = /^(?:([^@\s]+)@)?(?:\[([0-9a-fA-F:]+)\]|([^:\s]+))(?::(\d+))?$/.exec(word.trim())
  const fits = HostAddress.safeParse({ address: read?.[2] ?? read?.[3] ?? word, user: read?.[1] ?? user, port: read?.[4] ?? port })
  if (fits.success) return fits.data
  const [issue] = fits.error.issues
  return `${word}: ${issue === undefined ? 'no address' : `${issue.path.join('.')} must be ${issue.message}`}`
}
