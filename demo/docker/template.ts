import { DockerError } from './flags.ts'

type Node = { kind: 'text'; text: string } | { kind: 'value'; words: string[] } | { kind: 'block'; words: string[]; body: Node[]; otherwise: Node[] }

/**
 * Fills in a `--format` template: the part of Go's template language that scripts use with docker (`.A.B`, `json`, `index`, `len`,
 * `println`, `.Label "x"`, `range`, `if … else … end`). Throws DockerError with docker's words for the rest.
 */
export function fillTemplate(template: string, data: unknown): string {
  const tokens = template
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n')
    .split(/(\{\{.*?\}\})/s)
  const queue = tokens.filter((token) => token !== '')
  const nodes = read(queue, template)
  return nodes.map((node) => render(node, data)).join('')
}

/** Reads nodes up to the `end` or `else` that closes them, which stays in the queue. */
function read(queue: string[], template: string): Node[] {
  const nodes: Node[] = []
  for (let token = queue[0]; token !== undefined; token = queue[0]) {
    if (!token.startsWith('{{')) {
      nodes.push({ kind: 'text', text: token })
      queue.shift()
      continue
    }
    const words =
      token
        .slice(2, -2)
        .replace(/^-|-$/g, '')
        .match(/"(?:[^"\\]|\\.)*"|[^\s()]+/g) ?? []
    if (words[0] === 'end' || words[0] === 'else') return nodes
    queue.shift()
    if (words[0] !== 'range' && words[0] !== 'if') {
      nodes.push({ kind: 'value', words })
      continue
    }
    const body = read(queue, template)
    const otherwise = /^\{\{-?\s*else/.test(queue[0] ?? '') ? (queue.shift(), read(queue, template)) : []
    if (queue.shift() === undefined) throw new DockerError(`template parsing error: template: :1: unexpected EOF in ${template}`)
    nodes.push({ kind: 'block', words, body, otherwise })
  }
  return nodes
}

function render(node: Node, data: unknown): string {
  if (node.kind === 'text') return node.text
  if (node.kind === 'value') return show(value(node.words, data))
  const [word, ...rest] = node.words
  const subject = value(rest, data)
  if (word === 'if') return (isTrue(subject) ? node.body : node.otherwise).map((child) => render(child, data)).join('')
  return entries(subject)
    .map((item) => node.body.map((child) => render(child, item)).join(''))
    .join('')
}

function value(words: readonly string[], data: unknown): unknown {
  const [first = '', ...rest] = words
  switch (first) {
    case 'json':
      return JSON.stringify(value(rest, data) ?? null)
    case 'println':
      return `${show(value(rest, data))}\n`
    case 'len':
      return entries(value(rest, data)).length
    case 'index':
      return rest.slice(1).reduce((at, key) => field(at, text(key), true), value(rest.slice(0, 1), data))
    case '.Label':
      return field(field(data, 'labelMap', true), text(rest[0] ?? ''), true)
  }
  if (first.startsWith('"')) return text(first)
  if (/^\d+$/.test(first)) return Number(first)
  if (!first.startsWith('.') || rest.length > 0) throw new DockerError(`template parsing error: template: :1: function "${first}" not defined`)
  return first
    .slice(1)
    .split('.')
    .filter((name) => name !== '')
    .reduce((at, name) => field(at, name, false), data)
}

function field(of: unknown, name: string, mayMiss: boolean): unknown {
  if (typeof of === 'object' && of !== null && name in of) return (of as Record<string, unknown>)[name]
  if (mayMiss) return undefined
  throw new DockerError(`template parsing error: template: :1:2: executing "" at <.${name}>: can't evaluate field ${name}`)
}

function entries(of: unknown): unknown[] {
  return typeof of === 'object' && of !== null ? Object.values(of) : []
}

function text(word: string): string {
  return word.startsWith('"') ? (JSON.parse(word) as string) : word
}

function isTrue(subject: unknown): boolean {
  if (Array.isArray(subject)) return subject.length > 0
  return Boolean(subject)
}

function show(shown: unknown): string {
  if (shown === undefined || shown === null) return ''
  if (typeof shown === 'string') return shown
  if (typeof shown === 'number' || typeof shown === 'boolean') return String(shown)
  if (Array.isArray(shown)) return `[${shown.map(show).join(' ')}]`
  return `map[${Object.entries(shown)
    .map(([key, item]) => `${key}:${show(item)}`)
    .join(' ')}]`
}
