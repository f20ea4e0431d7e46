import { mark, slug, withoutSecrets, type ForeignJob, type ReadJob } from './foreign-job.ts'

interface Where {
  readonly host: string
  readonly timezone: string
}

/** Words in front of a command that say how to run it, not what. */
const wrappers = new Set(
  'sudo env nice ionice flock timeout chronic nohup time setsid bash sh zsh dash python python3 node perl ruby php exec cd test docker compose run'.split(
    ' ',
  ),
)
const notes = ['id', 'model', 'hosts', 'grace', 'expected', 'description'] as const

/**
 * Reads a user's crontab, where a line has five fields (or a name such as `@daily`) and a command. `CRON_TZ=` or `TZ=` holds for the lines after it.
 * `# spark: id=night model=qwen3-30b grace=10m` at the end of a line says what the line itself cannot.
 */
export function fromCrontab(text: string, where: Where): ReadJob[] {
  let { timezone } = where
  return text.split(/\r?\n/).flatMap((raw, i): ReadJob[] => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) return []
    const variable = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line)
    if (variable !== null) {
      const [, name = '', value = ''] = variable
      if (name === 'CRON_TZ' || name === 'TZ') timezone = value.trim().replace(/^(["'])(.*)\1$/, '$2') || where.timezone
      return []
    }
    return [{ line: i + 1, text: line, job: readLine(line, { ...where, timezone }) }]
  })
}

function readLine(line: string, { host, timezone }: Where): ReadJob['job'] {
  const parts = (line.startsWith('@') ? /^(\S+)\s+(.*)$/ : /^((?:\S+\s+){4}\S+)\s+(.*)$/).exec(line)
  if (parts === null) return { skipped: 'a line has five fields, or a name such as @daily, and then a command' }
  const [, cron = '', rest = ''] = parts
  if (/^[\d*/,-]+(\s|$)/.test(rest)) return { skipped: 'this line has more than five fields for its time; a crontab knows no seconds' }
  const { command, note } = commandOf(rest)
  const told = readNote(note)
  if ('skipped' in told) return told
  const shown = withoutSecrets(command)
  const { id = `${nameOf(shown)}-${mark(`${host}\n${shown}`).slice(0, 4)}` } = told
  return { ...told, id, cron, timezone, command: shown.slice(0, 500).toWellFormed() }
}

/** In a crontab the first bare `%` ends the command: what follows is its input. */
function commandOf(rest: string): { command: string; note: string } {
  const [, bare = rest, note = ''] = /^(.*?)\s*#\s*spark:\s*(.*)$/.exec(rest) ?? []
  const [command = ''] = bare.split(/(?<!\\)%/)
  return { command: command.replaceAll('\\%', '%').trim(), note }
}

function readNote(note: string): Partial<ForeignJob> | { readonly skipped: string } {
  const told: Partial<Record<(typeof notes)[number], string>> = {}
  for (const [, name = '', quoted, bare] of note.matchAll(/(\S+?)=(?:"([^"]*)"|(\S*))/g)) {
    const known = notes.find((one) => one === name || `${one}_s` === name)
    if (known === undefined) return { skipped: `# spark: knows no ${name}; it knows ${notes.join(', ')}` }
    told[known] = quoted ?? bare ?? ''
  }
  const { id, model, hosts, grace, expected, description } = told
  return {
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { model }),
    ...(description === undefined ? {} : { description }),
    ...(hosts === undefined ? {} : { hosts: hosts.split(',') }),
    ...(grace === undefined ? {} : { grace_s: seconds(grace) }),
    ...(expected === undefined ? {} : { expected_s: seconds(expected) }),
  }
}

/** `90`, `90s`, `10m`, `2h`. What is none of these is refused with the other fields. */
function seconds(text: string): number {
  const [, count = '', unit = 's'] = /^(\d+)([smh]?)$/.exec(text) ?? []
  return count === '' ? Number.NaN : Number(count) * ({ s: 1, m: 60, h: 3_600 }[unit] ?? 1)
}

/** What a command runs, in a word. */
function nameOf(command: string): string {
  const words = command.replace(/\b(?:cd\s+\S+\s*(?:&&|;)|flock(?:\s+(?:-\S+|\d+))*\s+\S+)/g, ' ').split(/[\s;&|()<>"'`]+/)
  const telling = words
    .filter((word) => !word.startsWith('-') && !/^\w+=/.test(word) && !/^\d+[smh]?$/.test(word))
    .map((word) => slug((word.split('/').at(-1) ?? '').replace(/\.\w{1,4}$/, '')))
    .find((word) => word !== '' && !wrappers.has(word))
  return telling ?? 'job'
}
