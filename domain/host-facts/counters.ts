import { kilobytes } from './kilobytes.ts'

/** What a host counts and weighs beside its facts, as it stood at one moment. Null: not told. Counters grow from the host's start on. */
export interface HostCounters {
  readonly uptimeS: number | null
  readonly load1: number | null
  readonly swapTotalBytes: number | null
  readonly swapFreeBytes: number | null
  readonly pressure: {
    readonly cpuSome: number | null
    readonly memorySome: number | null
    readonly memoryFull: number | null
    readonly ioSome: number | null
    readonly ioFull: number | null
  }
  readonly netRxBytes: number | null
  readonly netTxBytes: number | null
  readonly diskReadBytes: number | null
  readonly diskWriteBytes: number | null
  readonly diskTotalBytes: number | null
  readonly diskFreeBytes: number | null
}

/** Interfaces that carry what another one counts as well, or nothing that leaves the host. */
const passedOver = /^(lo|veth.*|docker\d*|br-.*|virbr.*|cni.*|flannel.*|tap.*|tun.*)$/
/** Whole disks: partitions, loops and mappings would count the same bytes again. */
const wholeDisk = /^(nvme\d+n\d+|sd[a-z]+|vd[a-z]+|xvd[a-z]+|mmcblk\d+)$/
const sectorBytes = 512

/**
 * Reads the part `figures` of a look: lines of files under /proc, each with its file's path in front (`/proc/loadavg:0.52 …`). Files that are missing,
 * or in a form that is not understood, leave nulls. `meminfo` and `disk` are the texts of those parts.
 */
export function readCounters(text: string, meminfo: string, disk: string): HostCounters {
  const lines = linesByFile(text)
  const of = (file: string): readonly string[] => lines.get(file) ?? []
  const [rx, tx] = sums(of('net/dev'), /^\s*([^:\s]+):\s*(.*)$/, (name) => !passedOver.test(name), [0, 8])
  const [read, written] = sums(of('diskstats'), /^\s*\d+\s+\d+\s+(\S+)\s+(.*)$/, (name) => wholeDisk.test(name), [2, 6])
  const [total = null, free = null] = (disk.trim().split('\n').at(-1) ?? '').trim().split(/\s+/).map(count)
  return {
    uptimeS: count(of('uptime')[0]?.split(' ')[0]),
    load1: count(of('loadavg')[0]?.split(' ')[0]),
    swapTotalBytes: kilobytes(meminfo, 'SwapTotal'),
    swapFreeBytes: kilobytes(meminfo, 'SwapFree'),
    pressure: {
      cpuSome: pressure(of('pressure/cpu'), 'some'),
      memorySome: pressure(of('pressure/memory'), 'some'),
      memoryFull: pressure(of('pressure/memory'), 'full'),
      ioSome: pressure(of('pressure/io'), 'some'),
      ioFull: pressure(of('pressure/io'), 'full'),
    },
    netRxBytes: rx,
    netTxBytes: tx,
    diskReadBytes: read === null ? null : read * sectorBytes,
    diskWriteBytes: written === null ? null : written * sectorBytes,
    diskTotalBytes: total,
    diskFreeBytes: free,
  }
}

/** A path is known by its end: where the host keeps its /proc is its own matter. */
function linesByFile(text: string): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const read = /\/proc\/(pressure\/(?:cpu|memory|io)|loadavg|uptime|net\/dev|diskstats):(.*)$/.exec(line)
    if (read?.[1] === undefined || read[2] === undefined) continue
    const file = files.get(read[1])
    if (file === undefined) files.set(read[1], [read[2]])
    else file.push(read[2])
  }
  return files
}

/** Two columns, each added up over the rows whose name counts; null where there is no such row. */
function sums(
  lines: readonly string[],
  row: RegExp,
  counts: (name: string) => boolean,
  columns: readonly [number, number],
): [number | null, number | null] {
  const rows = lines.flatMap((line) => {
    const [, name, rest] = row.exec(line) ?? []
    return name !== undefined && rest !== undefined && counts(name) ? [rest.trim().split(/\s+/)] : []
  })
  const sum = (column: number): number | null => {
    const values = rows.map((fields) => count(fields[column])).filter((value) => value !== null)
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0)
  }
  return [sum(columns[0]), sum(columns[1])]
}

function pressure(lines: readonly string[], kind: 'some' | 'full'): number | null {
  const line = lines.find((one) => one.startsWith(`${kind} `))
  return count(/ avg10=(\S+)/.exec(line ?? '')?.[1])
}

const count = (word: string | undefined): number | null => (word !== undefined && /^\d{1,18}(\.\d{1,9})?$/.test(word) ? Number(word) : null)
