import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { issueWords } from './issue-words.ts'

/** What is wrong in a YAML file, and where: `models.yaml:12:5 models.qwen.repo: …`. Lines and columns count from 1. */
export interface FileProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

export type ParsedFile<T> =
  { readonly ok: true; readonly value: T; readonly locate: Locate } | { readonly ok: false; readonly problems: readonly FileProblem[] }

/** Finds the place of a path in the file, or of its nearest parent that is there. */
export type Locate = (path: readonly PropertyKey[], message: string) => FileProblem

export const showProblem = (problem: FileProblem): string =>
  `${problem.file}:${String(problem.line)}:${String(problem.column)}${problem.path === '' ? '' : ` ${problem.path}`}: ${problem.message}`

/**
 * Parses a YAML text and checks it against a schema. Tabs, duplicate keys, missing and unknown fields are problems with their line and column.
 * An empty file is an empty mapping, so that a file of comments only is no error where every field has a default.
 */
export function parseYamlFile<S extends z.ZodType>(file: string, text: string, schema: S): ParsedFile<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false })
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.slice(0, 10).map((error) => {
        const { line, col } = lines.linePos(error.pos[0])
        return { file, line, column: col, path: '', message: plainWords(error.message) }
      }),
    }
  }
  const locate: Locate = (path, message) => {
    const { line, col } = lines.linePos(offsetOf(document, path))
    return { file, line, column: col, path: path.map(String).join('.'), message }
  }
  const plain = unfolded(document)
  if (plain === null) return { ok: false, problems: [locate([], 'its aliases (`*name`) multiply to more than a configuration needs')] }
  const parsed = schema.safeParse(plain.value ?? {})
  if (parsed.success) return { ok: true, value: parsed.data, locate }
  const problems = parsed.error.issues
    .slice(0, 10)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => locate([...issue.path, key], 'no such field'))
        : issue.code === 'invalid_key'
          ? [locate(issue.path, `not a valid name: ${issue.issues[0]?.message ?? issue.message}`)]
          : [locate(issue.path, issueWords(issue))],
    )
  return { ok: false, problems }
}

/** null for a file whose aliases would unfold to a heap of data. */
function unfolded(document: Document): { value: unknown } | null {
  try {
    return { value: document.toJS({ maxAliasCount: 50 }) }
  } catch (error) {
    if (error instanceof ReferenceError) return null
    throw error
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true)
    const last = path[depth - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last))
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
    } else {
      const node: unknown = document.getIn(path.slice(0, depth), true)
      if (isScalar(node) && node.range) return node.range[0]
      if (isMap(node) && node.range) return node.range[0]
    }
  }
  return document.contents?.range?.[0] ?? 0
}

/** The parser's message without its own line numbers, and with a hint for the commonest slip. */
function plainWords(message: string): string {
  const first = message.split('\n')[0] ?? message
  return /\btabs?\b/i.test(first) ? `${first} (YAML is indented with spaces, never tabs)` : first
}
