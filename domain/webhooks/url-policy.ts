import { judgeAddress, type AddressRules, type AddressVerdict } from './address-policy.ts'
import { parseIp } from './ip.ts'

export type ReadUrl = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly message: string }

const refuse = (message: string): ReadUrl => ({ ok: false, message })

/** What a webhook's URL must look like. Whether its address may be used is `judgeUrl`'s and, for names, known only when it is sent. */
export function readUrl(text: string): ReadUrl {
  if (!/^https?:\/\//i.test(text)) return refuse('starts with http:// or https://')
  if (/[\s\\\p{Cc}]/u.test(text)) return refuse('has no spaces, control characters or backslashes')
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.hostname === '' || /^https?:\/{3}/i.test(text)) return refuse('is not a URL') // `http:///hook` would go to a host called hook
  if (url.username !== '' || url.password !== '') return refuse('carries no user name or password: they would be seen; a secret signs instead')
  if (text.includes('#')) return refuse('ends before any #, which is never sent')
  if (url.port === '0') return refuse('has a port of 1 to 65535')
  return { ok: true, url }
}

/** The port that is connected to. */
export const portOf = (url: URL): number => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port))

/** The address where the URL names one (`URL` has brought `0x7f000001`, `127.1` and `①②⑦.0.0.1` into their usual form), null where it has a name. */
function literalOf(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return parseIp(host) === null ? null : host
}

/** The verdict on a URL as far as it can be told without asking a resolver. A name may still be denied by what it resolves to. */
export function judgeUrl(url: URL, rules: AddressRules): AddressVerdict {
  const literal = literalOf(url) ?? (/^(.+\.)?localhost\.?$/i.test(url.hostname) ? '127.0.0.1' : null)
  return literal === null ? { allowed: true } : judgeAddress(literal, portOf(url), rules)
}
