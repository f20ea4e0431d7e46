import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

/** A console line; the file has all of it. */
const longestText = 300

const PinoLine = z.looseObject({
  level: z.number(),
  msg: z.string().default(''),
  err: z.looseObject({ message: z.string() }).optional(),
})
const TemporalLine = z.looseObject({
  level: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['debug', 'info', 'warn', 'error', 'fatal', 'panic', 'dpanic'])),
  msg: z.string().default(''),
})

const names = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
] as const

/** One line of a part's output: how weighty it is, and how it reads on a console. Plain text has no level. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal' | null
  readonly text: string
}

/** Reads a line as pino's JSON, as the Temporal server's JSON, or as plain text. */
export function readLine(raw: string): LogLine {
  const line = stripVTControlCharacters(raw)
  const json = parse(line)
  const pino = PinoLine.safeParse(json)
  if (pino.success) {
    const level = names.find(([least]) => pino.data.level >= least)?.[1] ?? 'debug'
    return { level, text: [pino.data.msg, pino.data.err?.message].filter((part) => part !== undefined && part !== '').join(': ') }
  }
  const temporal = TemporalLine.safeParse(json)
  if (temporal.success) {
    const { level, msg } = temporal.data
    return { level: level === 'panic' || level === 'dpanic' ? 'fatal' : level, text: msg }
  }
  return { level: json === null ? null : 'info', text: line.slice(0, longestText) } // JSON without a level is for a program, as the demo's ready line
}

/** What Node prints around an error's own line: where in the source, and with which version. */
const aroundAnError = /^\s|^file:\/\/|^node:|^Node\.js v|^$/

/** Whether a person at the console wants to see it: warnings and worse, and plain text, which was not written for a log, without what surrounds an error in Node's words. */
export function isImportant({ level, text }: LogLine): boolean {
  if (level === null) return !aroundAnError.test(text)
  return level === 'warn' || level === 'error' || level === 'fatal'
}

function parse(line: string): unknown {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
