import { hostKeyAlgorithms } from '../../domain/host-key.ts'
import { connect, NoConnection, usualTiming, type SshTiming } from './connect.ts'
import type { Pins } from './pins.ts'

/** The host key that a host shows, asked for the pinned kinds first. Never logs in. Throws NoConnection when it shows none. */
export async function shownKey(
  { address, port, user }: { readonly address: string; readonly port: number; readonly user: string },
  pins: Pins,
  timing: SshTiming = usualTiming,
): Promise<Buffer> {
  const shown: Buffer[] = []
  const accepts = (key: Buffer): boolean => {
    shown.push(key)
    return false
  }
  try {
    const client = await connect({ address, port, user, privateKey: null, accepts, hostKeyAlgorithms: hostKeyAlgorithms(pins.pinned), timing })
    client.end()
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error
    const key = shown.at(-1)
    if (error.kind === 'denied' && key !== undefined) return key
    throw error
  }
  throw new NoConnection('unreachable', 'it let us in without a key')
}
