import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from './disk.ts'

/** From now on `date` on the host says another time than this machine's; 0 takes the stand-in away. A `-d` of the caller's own is left alone. */
export function setDate(disk: HostDisk, ahead_s: number): void {
  const file = join(disk.bin, 'date')
  if (ahead_s === 0) return rmSync(file, { force: true })
  const shift = `${ahead_s < 0 ? '' : '+'}${String(ahead_s)} seconds`
  const script = `#!/bin/sh
real=/bin/date
[ -x $real ] || real=/usr/bin/date
case " $* " in *' -d'* | *' --date'* | *' -r'*) exec $real "$@" ;; esac
exec $real -d '${shift}' "$@"
`
  writeFileSync(file, script, { mode: 0o755 })
}
