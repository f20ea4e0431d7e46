/** A value that the reader fills in: `$TOKEN`. Never the secret itself. */
export interface Placeholder {
  readonly variable: string
}
export const placeholder = (variable: string): Placeholder => ({ variable })

/** A request to the REST API that does what a form of a page does. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As it goes over the wire: parts of it are percent-encoded already. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | Placeholder>>
  /** JSON. What is undefined is left out; a placeholder may stand at its first level. */
  readonly body?: Readonly<Record<string, unknown>>
}

/** Pieces of one shell word. */
type Word = readonly (string | Placeholder)[]

/**
 * The command line for a request, ready to be pasted into a POSIX shell, whatever the values are. `origin` is the address that the reader's browser
 * uses: `http://spark.lan:9999`.
 */
export function curlLine({ method, path, query = {}, headers = {}, body }: ApiRequest, origin: string): string {
  const search = new URLSearchParams(query).toString()
  const address = `${origin}${path}${search === '' ? '' : `?${search}`}`
  const options: Word[] = [
    ...Object.entries(headers).map(([name, value]): Word => [`${name}: `, value]),
    ...(body === undefined ? [] : [['Content-Type: application/json']]),
  ]
  const lines = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} ${quote([address])}`,
    ...options.map((option) => `-H ${quote(option)}`),
    ...(body === undefined ? [] : [`-d ${quote(json(body))}`]),
  ]
  return lines.join(' \\\n  ')
}

/** The body as JSON in pieces, so that a placeholder can be left to the shell. */
function json(body: Readonly<Record<string, unknown>>): Word {
  const members = Object.entries(body)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): Word => [`${JSON.stringify(name)}:`, ...(isPlaceholder(value) ? ['"', value, '"'] : [JSON.stringify(value)])])
  return ['{', ...members.flatMap((member, i) => (i === 0 ? member : [',', ...member])), '}']
}

const isPlaceholder = (value: unknown): value is Placeholder => typeof value === 'object' && value !== null && 'variable' in value

/** One word of a POSIX shell. In single quotes nothing has a meaning but the single quote itself; a variable stands in double quotes, where it is not split. */
function quote(pieces: Word): string {
  let quoted = ''
  let text = ''
  const flush = (): void => {
    if (text !== '') quoted += `'${text.replaceAll("'", "'\\''")}'`
    text = ''
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      flush()
      quoted += `"$${piece.variable}"`
    }
  }
  flush()
  return quoted
}
