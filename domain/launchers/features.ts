/** What the installed spark-vllm-docker can do. Plain data: it travels through activities and into what discovery proposes. */
export interface LauncherFeatures {
  /**
   * Several hosts: `always` by Ray; or by Ray unless told `--no-ray` (`default`); or by vLLM's own ranks unless told `--ray` (`asked`).
   */
  readonly ray: 'always' | 'default' | 'asked'
  /** Flags of launch-cluster.sh as they are typed: `--solo`, `-d`, `--volume`, … */
  readonly flags: readonly string[]
  /** Whether run-recipe.sh is there. */
  readonly recipes: boolean
  /** Flags of run-recipe.sh; null where they are not known. */
  readonly recipeFlags: readonly string[] | null
}

export const hasFlag = (features: LauncherFeatures, ...anyOf: readonly string[]): boolean => anyOf.some((flag) => features.flags.includes(flag))

/** How much of a text is read: a help text is a page, never a book. */
const mostCharacters = 100_000
/** A flag as a help text has it: behind white space, a bracket, a bar, a comma or a slash, and not in the middle of a word. */
const flagIn = /(?<=^|[\s[(|,/"'`])--?[A-Za-z][A-Za-z0-9-]*(?![A-Za-z0-9-])/gm

/** Every flag that a text names, each once, in the order of the text. Made for texts never seen before: it looks for the flags, not for the lines around them. */
export function flagsIn(text: string): string[] {
  const found = text.slice(0, mostCharacters).match(flagIn) ?? []
  // `$ cmd --flag` of an example counts as well: a script that shows it in an example knows it
  return [...new Set(found.map((flag) => flag.replace(/-+$/, '')))]
}

/** Help ends with exit code 1 in every version, so that only its text tells; null for a text that is no help of launch-cluster.sh. */
export function readFeatures(help: string, recipes: { readonly there: boolean; readonly flags: readonly string[] | null }): LauncherFeatures | null {
  if (!/usage/i.test(help)) return null
  const flags = ownFlags(help)
  const ray = flags.includes('--ray') ? 'asked' : flags.includes('--no-ray') ? 'default' : 'always'
  return { ray, flags, recipes: recipes.there, recipeFlags: recipes.flags }
}

/**
 * A line of the option list begins with its flags, and the usage line has the others. What stands further back in a line speaks of flags, often of
 * others' (`removes --privileged`), and does not count.
 */
function ownFlags(help: string): string[] {
  const lines = help.slice(0, mostCharacters).split('\n')
  const listed = lines.map((line) => optionList.exec(line)?.[0] ?? '')
  return flagsIn([...lines.filter((line) => /usage/i.test(line)), ...listed].join('\n'))
}
const optionList = /^\s*-{1,2}[A-Za-z][\w-]*(?:(?:[ =]<?\w+>?)?\s?[,/|]\s?-{1,2}[A-Za-z][\w-]*)*/
