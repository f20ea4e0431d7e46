import type { Call } from '../door.ts'
import type { Container } from './container.ts'
import type { DockerDaemon } from './daemon.ts'
import { imageInspection, imageRow, inspection, row, sameImage } from './describe.ts'
import { DockerError, parseFlags, splitOnce } from './flags.ts'
import { fillTemplate } from './template.ts'

/** `docker ps`. */
export function ps(daemon: DockerDaemon, call: Call, args: readonly string[]): number {
  const flags = parseFlags(
    'ps',
    {
      all: { short: 'a', bare: true },
      filter: { short: 'f' },
      format: {},
      'no-trunc': { bare: true },
      quiet: { short: 'q', bare: true },
      last: { short: 'n' },
      latest: { short: 'l', bare: true },
      size: { short: 's', bare: true },
    },
    args,
  )
  const filters = flags.all('filter').map((filter) => splitOnce(filter, '='))
  const anyState = flags.has('all') || filters.some(([key]) => key === 'status')
  const shown = daemon.all().filter((container) => (anyState || container.running) && passes(container, filters))
  const rows: Record<string, unknown>[] = shown.map((container) => ({ ...row(container, flags.has('no-trunc')), labelMap: container.spec.labels }))
  if (flags.has('quiet')) call.out(rows.map((each) => `${String(each['ID'])}\n`).join(''))
  else print(call, rows, flags.last('format'), ['ID', 'Image', 'Command', 'CreatedAt', 'Status', 'Ports', 'Names'])
  return 0
}

/** Filters of one key are alternatives, different keys must all hold; labels must all hold too. */
function passes(container: Container, filters: readonly (readonly [string, string | undefined])[]): boolean {
  const { spec } = container
  return filters.every(([key, wanted = '']) => {
    const sameKey = filters.filter(([other]) => other === key).map(([, value = '']) => value)
    switch (key) {
      case 'name':
        return sameKey.some((pattern) => new RegExp(pattern).test(`/${spec.name}`) || new RegExp(pattern).test(spec.name))
      case 'id':
        return sameKey.some((id) => container.id.startsWith(id))
      case 'status':
        return sameKey.includes(container.state)
      case 'ancestor':
        return sameKey.some((image) => sameImage(image, spec.image))
      case 'label': {
        const [label, value] = splitOnce(wanted, '=')
        return label in spec.labels && (value === undefined || spec.labels[label] === value)
      }
      default:
        throw new DockerError(`Error response from daemon: invalid filter '${key}'`)
    }
  })
}

/** `docker inspect` and `docker image inspect`: prints what was found, complains about the rest, exit 1 when anything was missing. */
export function inspect(daemon: DockerDaemon, call: Call, args: readonly string[], only: 'image' | 'container' | 'any'): number {
  const flags = parseFlags('inspect', { format: { short: 'f' }, size: { short: 's', bare: true }, type: {} }, args)
  if (flags.words.length === 0) throw new DockerError('"docker inspect" requires at least 1 argument.')
  const found: object[] = []
  const missing: string[] = []
  for (const reference of flags.words) {
    const container = only === 'image' ? undefined : daemon.find(reference)
    const image = only === 'container' ? undefined : daemon.images.find(reference)
    if (container) found.push(inspection(container))
    else if (image) found.push(imageInspection(image))
    else missing.push(reference)
  }
  const format = flags.last('format')
  if (format === undefined) call.out(`${JSON.stringify(found, null, 4)}\n`)
  else call.out(found.length > 0 ? found.map((each) => `${fillTemplate(format, each)}\n`).join('') : '\n')
  const what = {
    image: 'Error response from daemon: No such image: ',
    container: 'Error response from daemon: No such container: ',
    any: 'Error: No such object: ',
  }[only]
  for (const reference of missing) call.err(`${what}${reference}${only === 'image' && !reference.includes(':') ? ':latest' : ''}\n`)
  return missing.length > 0 ? 1 : 0
}

/** `docker images`. */
export function images(daemon: DockerDaemon, call: Call, args: readonly string[]): number {
  const flags = parseFlags(
    'images',
    {
      all: { short: 'a', bare: true },
      filter: { short: 'f' },
      format: {},
      'no-trunc': { bare: true },
      quiet: { short: 'q', bare: true },
      digests: { bare: true },
    },
    args,
  )
  const [wanted] = flags.words
  const shown = daemon.images.all().filter((image) => wanted === undefined || image.name === wanted || `${image.name}:${image.tag}` === wanted)
  const rows = shown.map((image) => imageRow(image, flags.has('no-trunc')))
  if (flags.has('quiet')) call.out(rows.map((each) => `${String(each['ID'])}\n`).join(''))
  else print(call, rows, flags.last('format'), ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'])
  return 0
}

function print(call: Call, rows: readonly Record<string, unknown>[], format: string | undefined, columns: readonly string[]): void {
  if (format === 'json') return call.out(rows.map((each) => `${fillTemplate('{{json .}}', withoutOurs(each))}\n`).join(''))
  if (format !== undefined && format !== 'table') {
    return call.out(rows.map((each) => `${fillTemplate(format, format.includes('.Label ') ? each : withoutOurs(each))}\n`).join(''))
  }
  const heads = columns.map((column) => column.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase())
  const cells = [heads, ...rows.map((each) => columns.map((column) => String(each[column])))]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  call.out(
    cells
      .map(
        (line) =>
          `${line
            .map((cell, at) => cell.padEnd(widths[at] ?? 0))
            .join('   ')
            .trimEnd()}\n`,
      )
      .join(''),
  )
}

function withoutOurs(each: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(each).filter(([key]) => key !== 'labelMap'))
}
