/** One field of a crontab line, read. */
interface Field {
  /** All values, ascending. */
  readonly values: readonly number[]
  /** It begins with `*`, as in `*` and with a step after it: cron asks for that, not for whether all values are in it. */
  readonly starred: boolean
  /** As it is written with numbers only. */
  readonly text: string
}

/** Five fields of a crontab line, read as POSIX and Vixie cron read them. */
export interface CronFields {
  readonly minute: Field
  readonly hour: Field
  readonly dayOfMonth: Field
  readonly month: Field
  /** 0 is Sunday. */
  readonly dayOfWeek: Field
}

type Name = keyof CronFields
interface Shape {
  readonly words: string
  readonly from: number
  readonly to: number
  readonly names?: readonly string[]
}

const shapes: Readonly<Record<Name, Shape>> = {
  minute: { words: 'minute', from: 0, to: 59 },
  hour: { words: 'hour', from: 0, to: 23 },
  dayOfMonth: { words: 'day of month', from: 1, to: 31 },
  month: { words: 'month', from: 1, to: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  dayOfWeek: { words: 'day of week', from: 0, to: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
}

const nicknames: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])

/** Why an expression cannot be read, in words for whoever wrote it. */
export class CronTrouble extends Error {
  override readonly name = 'CronTrouble'
}

/** Reads `0 3 * * 1-5`, or `@daily` and the like. Throws `CronTrouble`. */
export function readCron(expression: string): CronFields {
  const written = expression.trim().toLowerCase()
  if (written === '@reboot') throw new CronTrouble('@reboot has no time: it cannot be planned')
  if (written.startsWith('@') && !nicknames.has(written))
    throw new CronTrouble(`${written.split(/\s/)[0] ?? ''} is not known; these are: ${[...nicknames.keys()].join(', ')}`)
  if (/^(cron_)?tz=/.test(written)) throw new CronTrouble('the time zone has a field of its own: timezone')
  const words = (nicknames.get(written) ?? written).split(/\s+/)
  if (words.length > 5)
    throw new CronTrouble(`there are ${words.length} fields, and a crontab line has five: minute, hour, day of month, month, day of week; no seconds`)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = words
  if (minute === undefined || hour === undefined || dayOfMonth === undefined || month === undefined || dayOfWeek === undefined)
    throw new CronTrouble(`there are ${words.length} fields, and a crontab line has five: minute, hour, day of month, month, day of week`)
  return {
    minute: readField('minute', minute),
    hour: readField('hour', hour),
    dayOfMonth: readField('dayOfMonth', dayOfMonth),
    month: readField('month', month),
    dayOfWeek: readField('dayOfWeek', dayOfWeek),
  }
}

/** Either day field begins with `*`: then a day must fit both. If neither does, it is enough to fit one (POSIX). */
export const bothDaysMustFit = ({ dayOfMonth, dayOfWeek }: CronFields): boolean => dayOfMonth.starred || dayOfWeek.starred

/** The fields as one expression, with numbers only; a field may be replaced. */
export function cronText(fields: CronFields, instead: Partial<Record<Name, string>> = {}): string {
  const names: readonly Name[] = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek']
  return names.map((name) => instead[name] ?? fields[name].text).join(' ')
}

function readField(name: Name, text: string): Field {
  const shape = shapes[name]
  const parts = text.split(',').map((part) => readPart(shape, part))
  // Seven is Sunday as well as zero.
  const values = [...new Set(parts.flatMap((part) => part.values).map((value) => (name === 'dayOfWeek' ? value % 7 : value)))].sort((a, b) => a - b)
  const starred = text.startsWith('*')
  return { values, starred, text: starred ? parts.map((part) => part.text).join(',') : values.join(',') }
}

function readPart(shape: Shape, part: string): { values: readonly number[]; text: string } {
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0) throw new CronTrouble(`${shape.words}: ${part} has two steps`)
  const by = step === undefined ? 1 : readStep(shape, step)
  if (range === '*') return { values: span(shape.from, shape.names?.length === 7 ? 6 : shape.to, by), text: by === 1 ? '*' : `*/${by}` }
  const [first = '', last, ...rest] = range.split('-')
  if (rest.length > 0) throw new CronTrouble(`${shape.words}: ${part} is no range`)
  if (last === undefined && step !== undefined) throw new CronTrouble(`${shape.words}: a step needs a range or * before it, as in */${step}`)
  const from = readNumber(shape, first)
  const end = last === undefined ? from : readNumber(shape, last)
  const to = last === 'sun' ? 7 : end
  if (from > to) throw new CronTrouble(`${shape.words}: ${part} ends before it begins; write it as two ranges`)
  const values = span(from, to, by)
  return { values, text: values.join(',') }
}

function readStep(shape: Shape, text: string): number {
  const by = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (by < 1) throw new CronTrouble(`${shape.words}: /${text} is no step`)
  return by
}

function readNumber({ words, from, to, names = [] }: Shape, text: string): number {
  const named = names.indexOf(text)
  if (named !== -1) return named + from
  if (!/^\d{1,4}$/.test(text)) throw new CronTrouble(`${words}: ${text === '' ? 'a number is missing' : `${text} is no number`}`)
  const value = Number(text)
  if (value < from || value > to) throw new CronTrouble(`${words}: ${text} is not between ${from} and ${to}`)
  return value
}

const span = (from: number, to: number, by: number): number[] => Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)
