import type { Html } from '../../views/html.ts'

/** The text that a person reads, with single spaces. */
export const text = (markup: Html | string): string =>
  markup
    .toString()
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ([.,:;])/g, '$1')
    .trim()

/** The start tag of the element with this id. */
export const tag = (markup: Html | string, id: string): string => new RegExp(`<[a-z]+[^>]*\\sid="${id}"[^>]*>`).exec(markup.toString())?.[0] ?? ''
