import { looksSecret } from '../adoption/environment.ts'
import { flagsIn, readFeatures } from '../launchers/features.ts'
import type { FoundLauncher, FoundRecipe } from './discovery.ts'

const told: ReadonlySet<string> = new Set(['CLUSTER_NODES', 'COPY_HOSTS', 'LOCAL_IP', 'ETH_IF', 'IB_IF', 'MASTER_PORT', 'CONTAINER_NAME'])

/** Reads what spark-vllm-docker says of itself: the help of its two scripts (null where there is no second one), and its `.env`. */
export function readLauncher(dir: string, help: string, recipeHelp: string | null, env: string): FoundLauncher {
  const features = readFeatures(help, { there: recipeHelp !== null, flags: recipeHelp === null ? null : flagsIn(recipeHelp) })
  return {
    dir,
    ray: features?.ray ?? null,
    flags: [...(features?.flags ?? [])],
    recipe_flags: features?.recipeFlags == null ? null : [...features.recipeFlags],
    trouble: troubleOf(help, features?.flags ?? []),
    env: readEnv(env),
  }
}

function troubleOf(help: string, flags: readonly string[]): string | null {
  if (help.trim() === '') return 'launch-cluster.sh printed no help'
  if (!/usage/i.test(help)) return `the help of launch-cluster.sh is not understood (it begins: ${help.trim().split('\n')[0]?.slice(0, 120) ?? ''})`
  if (!flags.includes('--solo')) return 'launch-cluster.sh is too old: it does not know --solo. Update spark-vllm-docker on the host.'
  return null
}

/** `NAME=value` lines, quotes taken off; only names that tell of machines. */
function readEnv(text: string): Record<string, string> {
  const env: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line.trim()) ?? []
    if (name === undefined || value === undefined || !told.has(name)) continue
    const plain = value
      .replace(/\s+#.*$/, '')
      .trim()
      .replace(/^(["'])(.*)\1$/, '$2')
    if (plain !== '' && plain.length <= 500 && !looksSecret('', plain)) env[name] = plain
  }
  return env
}

/** `…/recipes/name.yaml:model: owner/name` lines, as grep prints them. */
export function readRecipes(text: string, dir: string): FoundRecipe[] {
  const files = new Map<string, Map<string, string>>()
  for (const line of text.split('\n')) {
    const [, path, field, value = ''] = /^(.+?\.yaml):(\w+):\s*(.*)$/.exec(line) ?? []
    if (path === undefined || field === undefined) continue
    const file = path.startsWith(`${dir}/recipes/`) ? path.slice(dir.length + '/recipes/'.length) : path
    const fields = files.get(file) ?? new Map<string, string>()
    files.set(file, fields.set(field, unquoted(value)))
  }
  return [...files]
    .map(([file, fields]): FoundRecipe => ({
      file,
      name: fields.get('name') ?? file.replace(/\.yaml$/, ''),
      model: fields.get('model') ?? null,
      image: fields.get('container') ?? null,
      description: fields.get('description')?.slice(0, 300) ?? null,
      hosts: fields.get('cluster_only') === 'true' ? 'several' : fields.get('solo_only') === 'true' ? 'one' : 'any',
    }))
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .slice(0, 200)
}

const unquoted = (value: string): string =>
  value
    .replace(/\s+#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
