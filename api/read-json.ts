import { Problem } from '../domain/problem.ts'

/**
 * The body as JSON; undefined when there is none. Throws `wrong_content_type` for what does not call itself JSON (which is also what keeps
 * HTML forms of other pages out), and `bad_json` for what is none.
 */
export function readJson(body: Buffer, headers: { contentType: string | undefined; contentEncoding: string | undefined }): unknown {
  if (body.length === 0) return undefined
  if ((headers.contentEncoding ?? 'identity').toLowerCase() !== 'identity') {
    throw new Problem('wrong_content_type', 'A compressed body is not taken')
  }
  if (!isJson(headers.contentType ?? '')) {
    throw new Problem('wrong_content_type', `The body calls itself ${JSON.stringify(headers.contentType?.slice(0, 100) ?? '')}`)
  }
  try {
    return JSON.parse(utf8.decode(body))
  } catch (error) {
    throw new Problem('bad_json', error instanceof Error ? error.message.slice(0, 300) : 'The body is not JSON')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const isJson = (type: string): boolean => /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(type)
