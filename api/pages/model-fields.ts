import { KnobsBody, ModelEntryBody, NewModelBody, type KnobsChange } from '../../domain/catalog-model.ts'
import { Problem } from '../../domain/problem.ts'
import { knobKind, knobNames } from '../../views/catalog/knob-fields.ts'
import { launchKind, launchNames, launchTakes } from '../../views/catalog/launch-fields.ts'
import { fit } from '../fit.ts'
import { filled, numberIn } from './form.ts'

/** The model that a form is about. Throws `unknown_model`. */
export function modelKeyIn(form: URLSearchParams): string {
  const key = filled(form, 'key')
  if (key === undefined) throw new Problem('unknown_model', 'The form names no model')
  return key
}

/** The knobs that were changed: what is as it was before is left out, and one that was emptied goes back to what ships. */
export function readKnobsForm(form: URLSearchParams): KnobsChange {
  const change: Record<string, unknown> = {}
  for (const name of knobNames) {
    const [now, before] = [textIn(form, name), textIn(form, `was.${name}`)]
    if (now !== before) change[name] = now === '' ? null : typed(now, knobKind(name))
  }
  return fit(KnobsBody, change, 'body')
}

export const readNewModelForm = (form: URLSearchParams): NewModelBody => fit(NewModelBody, { key: form.get('key') ?? '', ...entryIn(form) }, 'body')

export const readEntryForm = (form: URLSearchParams): ModelEntryBody => fit(ModelEntryBody, entryIn(form), 'body')

function entryIn(form: URLSearchParams): Record<string, unknown> {
  const text = (name: string): string | undefined => filled(form, name)
  const launcher = text('launcher')
  const placement = text('placement')
  return {
    name: text('name'),
    repo: text('repo'),
    local_path: text('local_path'),
    launcher,
    image: text('image'),
    container: text('container'),
    placement: placement === undefined || placement === 'any' ? placement : placement.split(','),
    port: numberIn(form, 'port'),
    launch: launchIn(form, launcher ?? ''),
    served_name: text('served_name'),
    knobs: form.has('knobs') ? knobsIn(form) : undefined,
    env: environmentIn(form),
    memory_gib: numberIn(form, 'memory_gib'),
    weights_gib: numberIn(form, 'weights_gib'),
    checks: checksIn(form),
    launch_s: numberIn(form, 'launch_s'),
    launch_stall_s: numberIn(form, 'launch_stall_s'),
    notes: text('notes'),
    source: text('source'),
  }
}

/** Of a model whose whole entry is written, the knobs that are there. */
const knobsIn = (form: URLSearchParams): Record<string, unknown> =>
  Object.fromEntries(
    knobNames
      .map((name) => [name, textIn(form, name)] as const)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, typed(text, knobKind(name))]),
  )

/** Fields of other launchers are left where they are: out of sight, and out of the entry. */
const launchIn = (form: URLSearchParams, launcher: string): Record<string, unknown> =>
  Object.fromEntries(
    launchNames
      .filter((name) => launchTakes(name, launcher))
      .map((name) => [name, textIn(form, `launch.${name}`)] as const)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, typed(text, launchKind(name))]),
  )

function environmentIn(form: URLSearchParams): Record<string, string> {
  const lines = linesOf(textIn(form, 'env'))
  const wrong = lines.find((line) => !line.includes('='))
  if (wrong !== undefined) throw refused('env', `${wrong} is not NAME=value`)
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)]))
}

/** They are not asked for in the form, which hands them on as it got them. */
function checksIn(form: URLSearchParams): unknown {
  const text = filled(form, 'checks')
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw refused('checks', 'is no JSON')
  }
}

const refused = (field: string, message: string): Problem => new Problem('invalid_request', `${field}: ${message}`, { errors: [{ field, message }] })

/** As it was typed, but for the ends and for the line ends that browsers send. */
const textIn = (form: URLSearchParams, name: string): string => (form.get(name) ?? '').replaceAll('\r\n', '\n').trim()

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore

/** What is no number stays text, for the schema to refuse by name. */
function typed(text: string, kind: 'number' | 'text' | 'flag' | 'words' | readonly string[]): unknown {
  if (kind === 'number') return Number.isNaN(Number(text)) ? text : Number(text)
  if (kind === 'flag') return text === 'true' ? true : text === 'false' ? false : text
  return kind === 'words' ? linesOf(text) : text
}
