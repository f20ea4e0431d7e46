import type { Call } from '../door.ts'
import type { DockerDaemon } from './daemon.ts'
import { DockerError, parseFlags } from './flags.ts'
import type { LogLine } from './log.ts'

/** `docker logs`: what the container wrote, to stdout and stderr as it wrote it; with `--follow` until it ends. */
export async function logs(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  const flags = parseFlags(
    'logs',
    {
      follow: { short: 'f', bare: true },
      tail: { short: 'n' },
      since: {},
      until: {},
      timestamps: { short: 't', bare: true },
      details: { bare: true },
    },
    args,
  )
  const [name] = flags.words
  if (name === undefined || flags.words.length > 1) throw new DockerError('"docker logs" requires exactly 1 argument.')
  const container = daemon.get(name)
  const stamps = flags.has('timestamps')
  const print = (line: LogLine): void => call[line.from](`${stamps ? `${stamp(line.at)} ` : ''}${line.text}\n`)

  const since = flags.last('since')
  const until = flags.last('until')
  const now = container.now().getTime()
  const from = since === undefined ? 0 : moment(since, now)
  const to = until === undefined ? Infinity : moment(until, now)
  const inTime = container.log.lines.filter((line) => line.at.getTime() >= from && line.at.getTime() <= to)
  const tail = flags.last('tail') ?? 'all'
  const shown = tail === 'all' ? inTime : inTime.slice(inTime.length - Math.min(inTime.length, Number(tail)))
  shown.forEach(print)
  if (flags.has('follow')) await container.log.follow(print, call.gone)
  return 0
}

/** Milliseconds of `10m`, `1h30m`, seconds since 1970, or an RFC 3339 time. */
function moment(text: string, now: number): number {
  if (/^(\d+(\.\d+)?(ms|[smh]))+$/.test(text)) {
    const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smh])/g)]
    return now - parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit as keyof typeof units], 0)
  }
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new DockerError(`Error response from daemon: invalid value for "since": failed to parse value as time or duration: "${text}"`)
  return at
}

/** RFC 3339 with nine digits, as docker writes it. */
function stamp(at: Date): string {
  return at.toISOString().replace('Z', '000000Z')
}
