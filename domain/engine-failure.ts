import { aftermath, exception, harmless, signs, wrappers } from './engine-log/signs.ts'
import { causeOf, type Cause, type ErrorCode } from './errors.ts'

/** Of a hub that refused only the number of the answer: what it means stands in a line that follows. */
const bareAnswer = /Client Error\. \(Request ID/
/** The access log of a server that was well until then: beside a sudden end it says the opposite of why. */
const answered = /\b(?:GET|POST) \/\S* (?:HTTP\/[\d.]+" )?2\d\d\b/
/** What tells stands in front; a list of all architectures behind it is only long. */
const telling = 2_000

/** What one line says about the end of the engine: a named cause, only that it ends (`engine_exited`), or nothing. */
export function fatalSign(line: string): ErrorCode | null {
  const text = line.slice(0, telling)
  if (harmless.test(text)) return null
  const sign = signs.find(([pattern]) => pattern.test(text))
  if (sign !== undefined) return sign[1]
  return wrappers.test(text) ? 'engine_exited' : null
}

/**
 * Why the engine ended, from its last lines (keep at least 250: the cause stands far above the wrapper). The earliest named cause wins, told by its first
 * line that carries an exception where there is one; else the last exception before the wrapper; else the last line that is not only a request
 * answered well. `fallback` names what is certain anyway.
 */
export function causeOfDeath(lines: readonly string[], fallback: ErrorCode, message?: string): Cause {
  const named = lines.map((line) => ({ line, code: fatalSign(line) })).filter(({ code }) => code !== null && code !== 'engine_exited')
  const code = named[0]?.code
  if (code !== undefined && code !== null) {
    const same = named.filter((sign) => sign.code === code)
    const exceptions = same.filter(({ line }) => isException(line))
    const told = exceptions.find(({ line }) => !bareAnswer.test(line)) ?? exceptions[0] ?? same[0]
    return causeOf(code, undefined, withoutPrefix(told?.line ?? ''))
  }
  const line = unnamed(lines) ?? lines.findLast((one) => one.trim() !== '' && !answered.test(one.slice(0, telling)))
  return causeOf(fallback, message, line === undefined ? null : withoutPrefix(line))
}

/** The last exception above the first wrapper, or in all lines where there is none above it. What an end drags after itself is only taken where nothing else is. */
function unnamed(lines: readonly string[]): string | undefined {
  const wrapper = lines.findIndex((line) => wrappers.test(line.slice(0, telling)))
  const above = wrapper < 0 ? [] : lines.slice(0, wrapper)
  const tells = (line: string): boolean => isException(line) && !aftermath.test(line)
  return above.findLast(tells) ?? lines.findLast(tells) ?? lines.findLast(isException)
}

function isException(line: string): boolean {
  const text = line.slice(0, telling)
  return exception.test(text) && !wrappers.test(text) && !harmless.test(text)
}

const prefixes = [
  // `(EngineCore pid=12) `; a worker under Ray has its own inside the engine's
  /^(?:\([^)]*pid=[^)]*\)\s*)+/,
  // `ERROR 11-24 05:00:00 [core.py:1] `
  /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:\[[^\]]*\]\s*)?/,
  // llama.cpp's `0.00.006.431 E `
  /^\d+\.\d\d\.\d{3}\.\d{3} [A-Z] /,
]

/** A line without what stands before its words, which tells a reader nothing. */
export const withoutPrefix = (line: string): string => prefixes.reduce((text, prefix) => text.replace(prefix, ''), line.trim()).trim()
