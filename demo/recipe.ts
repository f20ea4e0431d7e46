import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Tool } from './door.ts'
import type { HostDisk } from './disk.ts'

const usage = `usage: run-recipe.py [-h] [--list] [--setup] [--build-only] [--download-only] [--force-build] [--force-download] [--dry-run]
                     [--port PORT] [--host HOST] [--tp N] [--gpu-mem F] [--max-model-len N] [--solo] [-n NODES] [-d] [-t IMAGE]
                     [-e VAR=VAL] [--name NAME] [--discover] [--show-env] [recipe] [-- VLLM_ARGS ...]
`
const withValue = ['--port', '--host', '--tp', '--gpu-mem', '--max-model-len', '-n', '--nodes', '-t', '--container', '-e', '--env', '--name']
const bare = [
  '-l',
  '--list',
  '--setup',
  '--build-only',
  '--download-only',
  '--force-build',
  '--force-download',
  '--dry-run',
  '--solo',
  '-d',
  '--daemon',
  '--discover',
  '--show-env',
  '--no-ray',
  '--ray',
]

interface Recipe {
  readonly name: string
  readonly container: string
  readonly command: string
  readonly description?: string
  readonly model?: string
  readonly mods?: readonly string[]
  readonly defaults?: Readonly<Record<string, string | number>>
  readonly env?: Readonly<Record<string, string>>
  readonly cluster_only?: boolean
  readonly solo_only?: boolean
}

class Refused extends Error {
  readonly code: number

  constructor(message: string, code = 1) {
    super(message)
    this.code = code
  }
}

/** The thinking part of `run-recipe.sh`: its first word is the launcher's folder, the rest its own. Prints shell assignments behind `PLAN `, or what there is to say. */
export function recipeTool(disk: HostDisk): Tool {
  return (call) => {
    const [dir = '', ...args] = call.args
    try {
      call.out(answer(dir, args, disk))
      return Promise.resolve(0)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      call.out(error.message)
      return Promise.resolve(error.code)
    }
  }
}

function answer(dir: string, args: readonly string[], disk: HostDisk): string {
  const { words, given, rest } = read(args)
  if (given.has('-h') || given.has('--help')) return usage
  if (given.has('-l') || given.has('--list')) return list(dir)
  const [name] = words
  if (name === undefined) throw new Refused(`${usage}\nError: No recipe given.`)
  const recipe = load(dir, name)
  const solo = given.has('--solo')
  if (solo && recipe.cluster_only) throw new Refused(`Error: Recipe '${recipe.name}' requires cluster mode.`)
  const last = (...flags: string[]): string | undefined => flags.flatMap((flag) => given.get(flag) ?? []).at(-1)
  const overrides = {
    port: last('--port'),
    host: last('--host'),
    tensor_parallel: last('--tp'),
    gpu_memory_utilization: last('--gpu-mem'),
    max_model_len: last('--max-model-len'),
  }
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries({ ...recipe.defaults, ...overrides })) {
    const shown = value ?? recipe.defaults?.[key]
    if (shown !== undefined) values[key] = String(shown)
  }
  const script = [
    '#!/bin/bash',
    ...Object.entries(recipe.env ?? {}).map(([key, value]) => `export ${key}=${quote(value)}`),
    [fill(recipe.command, values).trimEnd(), ...rest.map(quote)].join(' '),
  ].join('\n')
  if (given.has('--dry-run')) return `${script}\n`
  const nodes = last('-n', '--nodes')
  const container = last('-t', '--container') ?? recipe.container
  const passed = [
    ...['-t', container],
    ...(recipe.mods ?? []).flatMap((mod) => ['--apply-mod', mod.startsWith('/') ? mod : join(dir, mod)]),
    ...(solo ? ['--solo'] : []),
    ...(given.has('-d') || given.has('--daemon') ? ['-d'] : []),
    ...(nodes === undefined ? [] : ['-n', nodes]),
    ...[last('--name') ?? ''].filter((each) => each !== '').flatMap((each) => ['--name', each]),
    ...[...(given.get('-e') ?? []), ...(given.get('--env') ?? [])].flatMap((each) => ['-e', each]),
    ...['--ray', '--no-ray'].filter((flag) => given.has(flag)),
  ]
  const stored = recipe.model === undefined || existsSync(join(disk.home, '.cache/huggingface/hub', `models--${recipe.model.replaceAll('/', '--')}`))
  return `PLAN ${[
    `image=${quote(container)}`,
    `arguments=(${passed.map(quote).join(' ')})`,
    `script=${quote(script)}`,
    `model=${quote(recipe.model ?? '')}`,
    `download=${String(given.has('--force-download') || given.has('--download-only') || !stored)}`,
    `download_only=${String(given.has('--download-only'))}`,
    `build_only=${String(given.has('--build-only'))}`,
    `needs_setup=${String(!solo && nodes === undefined && !existsSync(join(dir, '.env')))}`,
  ].join('\n')}`
}

function read(args: readonly string[]): { words: string[]; given: Map<string, string[]>; rest: string[] } {
  const queue = [...args]
  const words: string[] = []
  const given = new Map<string, string[]>()
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') return { words, given, rest: queue }
    const [flag = '', inline] = arg.split(/=(.*)/s)
    if (withValue.includes(flag)) {
      const value = inline ?? queue.shift()
      if (value === undefined) throw new Refused(`${usage}run-recipe.py: error: argument ${flag}: expected one argument\n`, 2)
      given.set(flag, [...(given.get(flag) ?? []), value])
    } else if (bare.includes(arg) || arg === '-h' || arg === '--help') given.set(arg, [])
    else if (arg.startsWith('-')) throw new Refused(`${usage}run-recipe.py: error: unrecognized arguments: ${arg}\n`, 2)
    else words.push(arg)
  }
  return { words, given, rest: [] }
}

function list(dir: string): string {
  const names = readdirSync(join(dir, 'recipes')).filter((file) => file.endsWith('.yaml'))
  const rows = names.map((file) => {
    const { name, description, container } = load(dir, file.slice(0, -5))
    return `  ${file.slice(0, -5)}\n    ${name}${description === undefined ? '' : `: ${description}`}\n    Container: ${container}\n`
  })
  return `Available recipes:\n\n${rows.join('\n')}\nRun a recipe: ./run-recipe.sh <recipe> --solo\n`
}

function load(dir: string, name: string): Recipe {
  const file = [name, join(dir, 'recipes', name), join(dir, 'recipes', `${name}.yaml`)].find(
    (path) => path.startsWith('/') && /\.ya?ml$/.test(path) && existsSync(path),
  )
  if (file === undefined) throw new Refused(`Error: Recipe '${name}' not found.\n\nUse --list to see the available recipes.\n`)
  const recipe = parse(readFileSync(file, 'utf8')) as Partial<Record<string, unknown>> // checked below
  const missing = ['name', 'recipe_version', 'container', 'command'].filter((field) => recipe[field] === undefined)
  if (missing.length > 0) throw new Refused(`Error: Recipe is missing required fields: ${missing.join(', ')}\n`)
  return recipe as unknown as Recipe
}

/** Python's `str.format`: `{name}` is filled in, `{{` and `}}` are braces. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole.charAt(0)
    const value = values[name]
    if (value === undefined) throw new Refused(`Error: Missing parameter '${name}' for the recipe's command\n`)
    return value
  })
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
