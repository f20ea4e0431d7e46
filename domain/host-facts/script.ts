import type { Host } from '../cluster.ts'
import { quotePath, quoteWord, shellScript } from '../shell.ts'

/** Shell functions that print parts as `factsParts` reads them: `begin NAME`, `finish CODE`, `file NAME PATH`. */
export const printParts = `
begin() { printf '\\n#spark %s\\n' "$1"; }
finish() { printf '\\n#spark = %s\\n' "$1"; }
file() { begin "$1"; if [ -e "$2" ]; then cat "$2" 2>&1; finish $?; else finish missing; fi; }
`

/**
 * One look at a whole host in one exec. Every part has its own limit and its own exit code, so that a docker that hangs hides nothing else.
 * `file` is for what may be missing; `part` keeps both outputs; `quiet` drops what is said on standard error. `extent` names what is looked at beside the usual,
 * or left out of it; an nvidia-smi that hangs is not asked a second time.
 */
const look = `${printParts}
state_dir=$1 cache=$2 ports=$3 extent=$4
LC_ALL=C
export LC_ALL
part() { begin "$1"; limit=$2; shift 2; timeout -k 1 "$limit" "$@" 2>&1; finish $?; }
quiet() { begin "$1"; limit=$2; shift 2; timeout -k 1 "$limit" "$@" 2>/dev/null; code=$?; finish $code; }

quiet time 3 date +%s%3N
quiet boot 3 cat /proc/sys/kernel/random/boot_id
quiet meminfo 3 cat /proc/meminfo
begin home; printf '%s\\n' "$HOME"; finish 0
begin state_dir
if [ ! -d "$state_dir" ]; then echo missing; elif [ -w "$state_dir" ]; then echo writable; else echo unwritable; fi
finish 0
file fence "$state_dir/fence"
file marker "$state_dir/marker"
quiet state_disk 3 df -B1 --output=avail "$state_dir"
quiet cache_disk 3 df -B1 --output=avail "$cache"
begin listening
for port in $ports; do timeout -k 1 3 bash -c ": < /dev/tcp/127.0.0.1/$port" 2>/dev/null; echo "$port $?"; done
finish 0
case $extent in *figures*)
quiet figures 3 grep -H '' /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io /proc/loadavg /proc/uptime /proc/net/dev /proc/diskstats
quiet disk 3 df -B1 --output=size,avail "$cache"
esac
case $extent in *no-gpu*) ;; *)
quiet gpu 6 nvidia-smi --query-gpu=name,utilization.gpu,temperature.gpu,power.draw,clocks.sm --format=csv,noheader,nounits
case $code in 124|137) ;; *) quiet apps 6 nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv,noheader,nounits ;; esac
esac
begin docker
listed=$(timeout -k 1 8 docker ps --all --no-trunc --format '{{json .}}' 2>&1)
code=$?
printf '%s\\n' "$listed"
finish $code
names=$(printf '%s\\n' "$listed" | sed -n 's/^{.*"Names":"\\([A-Za-z0-9][A-Za-z0-9_.-]*\\)[",].*/\\1/p')
[ -z "$names" ] || quiet inspect 8 docker inspect $names
printf '\\n#spark end\\n'
`

/** The longest that the look above may take, in seconds. */
export const factsLimit_s = 45

/** How much a look takes in. */
export interface FactsExtent {
  /** The host's counters for telemetry as well. */
  readonly figures: boolean
  /** False spares an nvidia-smi that did not answer lately. */
  readonly gpu: boolean
}
const usual: FactsExtent = { figures: false, gpu: true }

/** The command line of the look, with the ports on which something may listen. Changes nothing on the host. */
export function factsCommand(host: Host, ports: readonly number[] = [host.vllmPort], extent: FactsExtent = usual): string {
  const extentWords = [extent.figures ? 'figures' : '', extent.gpu ? '' : 'no-gpu'].join(' ').trim()
  const words = [quotePath(host.stateDir), quotePath(host.hfCache), quoteWord(ports.join(' ')), quoteWord(extentWords)]
  return `timeout -k 5 ${factsLimit_s} ${shellScript(look, 'spark-facts', ...words)}`
}

const stateLook = `${printParts}
file fence "$1/fence"
file marker "$1/marker"
printf '\\n#spark end\\n'
`

/** The command line that shows the fence and the step marker alone. */
export const stateCommand = (host: Host): string => `timeout -k 5 10 ${shellScript(stateLook, 'spark-state', quotePath(host.stateDir))}`

/** One part of the look. `code` is null where there was nothing to run or read. */
export interface FactsPart {
  readonly text: string
  readonly code: number | null
}

/** Splits what the look printed into its parts. Null when it did not get to its end: half a look is no look. */
export function factsParts(stdout: string): ReadonlyMap<string, FactsPart> | null {
  const parts = new Map<string, FactsPart>()
  let name: string | null = null
  let lines: string[] = []
  for (const line of stdout.split('\n')) {
    const word = line.startsWith('#spark ') ? line.slice(7) : null
    if (word === 'end') return parts
    if (word === null) lines.push(line)
    else if (word.startsWith('= ')) {
      if (name !== null) parts.set(name, { text: lines.join('\n').trim(), code: /^= \d+$/.test(word) ? Number(word.slice(2)) : null })
      name = null
    } else {
      name = word
      lines = []
    }
  }
  return null
}
