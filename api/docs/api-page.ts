import { z } from 'zod'
import { ErrorCode, errors } from '../../domain/errors.ts'
import type { AnswerSpec, Route } from '../route.ts'

/** docs/API.md, from the route table and the error catalogue. */
export const apiPage = (table: readonly Route[]): string =>
  [
    '# The API',
    '',
    'Written by `node api/docs/write.ts` from the route table and `domain/errors.ts`; the same as data is at `/openapi.json`, to be tried at `/docs`.',
    'JSON is snake_case, times are RFC 3339 in UTC, durations end in `_s`. Unknown fields are refused. Errors are problem documents (RFC 9457) with a `code` that keeps its meaning.',
    '',
    '## Routes',
    '',
    ...table.flatMap(section),
    '## Errors',
    '',
    '| code | status | retry | what | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...ErrorCode.options.map((code) =>
      row([`\`${code}\``, String(errors[code].status), retry[errors[code].class], errors[code].title, errors[code].advice]),
    ),
    '',
  ].join('\n')

const retry = { retryable: 'yes', memory: 'when memory is free', fatal: 'no' } as const

function section(route: Route): string[] {
  const parameters = [
    ...fields('path', route.params),
    ...fields('query', route.query),
    ...fields('header', route.headers),
    ...(route.body === null ? [] : fields('body', route.body)),
  ]
  return [
    `### ${route.method} ${route.path}`,
    '',
    `${route.summary}.`,
    '',
    ...(parameters.length > 0 ? [...parameters, ''] : []),
    ...Object.entries(route.answers).map(([status, spec]) => `- **${status}** ${answerText(spec)}`),
    '',
    ...exampleLines(route),
  ]
}

/** One request and what it brings when all goes well; the refusals are shown at /docs. */
function exampleLines({ method, path, examples }: Route): string[] {
  const fine = Object.entries(examples?.answers ?? {}).findLast(([status]) => status.startsWith('2'))
  const request = examples?.body === undefined ? [] : [`${method} ${path}`, shown(examples.body)]
  const answer = fine === undefined ? [] : [fine[0], shown(fine[1])]
  return request.length + answer.length === 0 ? [] : ['```', ...request, ...answer, '```', '']
}

/** Lists of words stay on one line. */
const shown = (example: unknown): string =>
  typeof example === 'string'
    ? example.trimEnd()
    : JSON.stringify(example, null, 2).replaceAll(
        /\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g,
        (_, words: string) => `[${words.replaceAll(/,\s+/g, ', ')}]`,
      )

interface Field {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Field[]
  readonly description?: string
  readonly default?: unknown
}

function fields(where: string, schema: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) => {
    const field = property as Field // JSON Schema, of which this page shows these parts
    const facts = [
      typeOf(field),
      ...(required.includes(name) ? ['required'] : []),
      ...(field.default === undefined ? [] : [`default ${JSON.stringify(field.default)}`]),
    ]
    return `- ${where} \`${name}\` (${facts.join(', ')})${field.description === undefined ? '' : `: ${field.description}`}`
  })
}

const typeOf = ({ type, enum: values, anyOf }: Field): string =>
  values !== undefined
    ? values.map((value) => JSON.stringify(value)).join(' or ')
    : anyOf !== undefined
      ? anyOf.map(typeOf).join(' or ')
      : (type ?? 'any')

const answerText = (spec: AnswerSpec): string => {
  if (spec.kind === 'problem') return spec.codes.map((code) => `\`${code}\``).join(', ')
  return spec.kind === 'text' ? `${spec.about} (\`${spec.type}\`)` : spec.about
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
