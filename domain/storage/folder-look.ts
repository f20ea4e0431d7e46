import type { Argv } from '../names.ts'
import { expanding, guarding, scriptArgv, weighing } from './script.ts'
import { loadedWeights, readFolderWords, type WeightFiles } from './weight-files.ts'

/** What a path of a host is, once its links are resolved there. `outside`: it leads out of the allowed folders, and nothing more was looked at. */
export type FolderState = 'folder' | 'outside' | 'missing' | 'unreadable' | 'not_folder'

/** A folder of a host as a place for a model. */
export interface FolderLook {
  readonly state: FolderState
  /** Where it leads, for one that leads out. */
  readonly leadsTo: string | null
  /** A file of weights that is a link out of the folder: inside of a container it leads nowhere. */
  readonly linkedOut: string | null
  /** An index names files that are not there. */
  readonly shardsMissing: boolean
  readonly weights: readonly WeightFiles[]
  readonly config: string | null
}

/** First where it leads, then what it is: of what lies outside nobody learns whether it is there. */
const entering = `${expanding}${guarding}${weighing}
path=$(expand "$1");
shift;
allow "$@";
say() { printf 'state %s\\n' "$1"; [ -z "$2" ] || printf 'leads %s\\n' "$2"; exit 0; };
leads=$(readlink -m -- "$path");
inside "$leads" || say outside "$leads";
case $(LC_ALL=C ls -d -- "$path/" 2>&1) in *"ermission denied"*) say unreadable ;; esac;
[ -e "$path" ] || say missing;
[ -d "$path" ] || say not_folder;
{ cd -- "$path" && [ -r . ]; } 2>/dev/null || say unreadable;
here=$(pwd -P);
inside "$here" || say outside "$here";
printf 'state folder\\n';
`

const asModel = `${entering}
for file in *.safetensors *.bin *.gguf; do
  [ -L "$file" ] || continue;
  case $(readlink -m -- "$file") in "$here"/*) ;; *) printf 'linked %s\\n' "$file"; break ;; esac;
done;
if shards_missing .; then printf 'shards missing\\n'; fi;
weigh .;
show_config .;
`

/** Looks at a folder as a local model, only inside of `roots`. */
export const folderProbe = (path: string, roots: readonly string[]): Argv => scriptArgv('spark-folder', asModel, path, ...roots)

const states: ReadonlySet<string> = new Set<FolderState>(['folder', 'outside', 'missing', 'unreadable', 'not_folder'])
const isState = (word: string | undefined): word is FolderState => word !== undefined && states.has(word)

/** Null where the look printed no state: then nothing is known. */
export function readFolderLook(stdout: string): FolderLook | null {
  const { facts, weights, config } = readFolderWords(stdout)
  const state = facts.get('state')
  if (!isState(state)) return null
  return {
    state,
    leadsTo: facts.get('leads') ?? null,
    linkedOut: facts.get('linked') ?? null,
    shardsMissing: facts.has('shards'),
    weights,
    config,
  }
}

const mostFolders = 500

const asList = `${entering}
printf 'at %s\\nhome %s\\n' "$path" "$HOME";
if [ -f config.json ]; then printf 'has config.json\\n'; fi;
weigh .;
count=0;
for name in */; do
  name=\${name%/};
  [ -d "$name" ] || continue;
  case $name in *"$nl"*) continue ;; esac;
  [ ! -L "$name" ] || inside "$(readlink -m -- "$name")" || continue;
  count=$((count + 1));
  if [ $count -gt ${String(mostFolders)} ]; then printf 'more yes\\n'; break; fi;
  printf 'folder %s\\n' "$name";
  if [ -f "$name/config.json" ]; then printf 'has config.json\\n'; weigh "$name"; fi;
done;
printf 'end here\\n';
`

/** Lists the folders in a folder, only inside of `roots`, each with what speaks for a model in it. Hidden ones and links that lead out are left out. */
export const listProbe = (path: string, roots: readonly string[]): Argv => scriptArgv('spark-folders', asList, path, ...roots)

/** One folder of a listing. `bytes`: of its weights; null where it holds none. */
export interface ListedFolder {
  readonly name: string
  readonly looksLikeModel: boolean
  readonly bytes: number | null
}
export type FolderListing =
  | { readonly state: Exclude<FolderState, 'folder'>; readonly leadsTo: string | null }
  | {
      readonly state: 'folder'
      /** The path as the host has it, `~` filled in. */
      readonly at: string
      readonly home: string
      readonly self: ListedFolder
      readonly folders: readonly ListedFolder[]
      readonly more: boolean
    }

/** Null where the look did not get to its end. Names that could be no path of a model here (a colon, a newline, no UTF-8) are left out. */
export function readListing(stdout: string): FolderListing | null {
  const [head = '', ...blocks] = stdout.split(/^folder /m)
  const { facts } = readFolderWords(head)
  const state = facts.get('state')
  if (!isState(state)) return null
  if (state !== 'folder') return { state, leadsTo: facts.get('leads') ?? null }
  const [at, home] = [facts.get('at'), facts.get('home')]
  if (!stdout.endsWith('end here\n') || at === undefined || home === undefined) return null
  return { state, at, home, self: listed('', head), folders: blocks.flatMap(folderOf), more: /^more yes$/m.test(stdout) }
}

function folderOf(block: string): ListedFolder[] {
  const [name = ''] = block.split('\n', 1)
  return /^(?!\.\.?$)[^\p{Cc}/:,\uFFFD]+$/u.test(name) ? [listed(name, block.slice(name.length + 1))] : []
}

function listed(name: string, text: string): ListedFolder {
  const loaded = loadedWeights(readFolderWords(text).weights)
  return { name, looksLikeModel: /^has config\.json$/m.test(text) && loaded !== null, bytes: loaded?.bytes ?? null }
}
