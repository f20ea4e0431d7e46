import { html as template, raw } from 'hono/html'

/** Markup that is safe to send: made by `html` below, and by nothing else. */
export interface Html {
  readonly isEscaped: true
  toString(): string
}

/** What may stand in a template. Text and numbers are escaped, the empty values print nothing. */
export type Piece = Html | string | number | false | null | undefined | readonly Piece[]

/** Escapes every value that is not markup already. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const made = template(strings, ...values)
  if (made instanceof Promise) throw new TypeError('a view is given data, not promises')
  return raw(made.toString())
}

/** The one place where text becomes markup unescaped: our own doctype. */
export const htmlDocument = (root: Html): string => raw(`<!doctype html>\n${root.toString()}`).toString()
