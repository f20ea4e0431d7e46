import type { Argv } from '../names.ts'
import { expanding, scriptArgv, weighing } from './script.ts'

/** The folder of a repository in the Hugging Face cache: blobs, snapshots, refs. */
export const repoFolder = (repo: string): string => `models--${repo.replace('/', '--')}`

/** The opposite; null for a folder that is none. Hugging Face allows no `--` in names. */
export function repoOfFolder(folder: string): string | null {
  const parts = /^models--([A-Za-z0-9][\w.-]*?)--([A-Za-z0-9][\w.-]*)$/.exec(folder)
  return parts === null ? null : `${parts[1] ?? ''}/${parts[2] ?? ''}`
}

/** `judge REPO` sets `state` and, where there is one, `snap`: the snapshot that is loaded. Unfinished, dangling or missing files make it incomplete. */
const judging = `
judge() {
  snap=;
  rev=$(head -c 100 "$1/refs/main" 2>/dev/null);
  if [ -n "$rev" ] && [ -d "$1/snapshots/$rev" ]; then snap=$1/snapshots/$rev;
  else for one in "$1"/snapshots/*/; do [ -d "$one" ] && snap=\${one%/}; done; fi;
  unfinished=;
  for one in "$1"/blobs/*.incomplete "$1"/blobs/.rsync-partial/*; do [ -e "$one" ] && unfinished=1; done;
  if [ -z "$snap" ] || [ -z "$(ls "$snap" 2>/dev/null)" ]; then
    state=missing;
    [ -z "$unfinished" ] || state=incomplete;
  elif [ -n "$unfinished" ] || [ -n "$(find -L "$snap" -type l 2>/dev/null | head -n 1)" ] || shards_missing "$snap"; then state=incomplete;
  else state=there; fi;
};
`

const oneRepo = `${weighing}${judging}
judge "$1";
printf 'state %s\\n' "$state";
if [ -n "$snap" ]; then weigh "$snap"; show_config "$snap"; fi;
`

/** Prints the state of one repository at its whole path, its weights and its configuration. */
export const repoProbe = (path: string): Argv => scriptArgv('spark-weights', oneRepo, path)

const wholeCache = `${expanding}${weighing}${judging}
cache=$(expand "$1");
shift;
df -B1 --output=avail,size "$cache" 2>/dev/null | sed -n '2s/^ *\\([0-9]*\\) *\\([0-9]*\\)$/disk \\1 \\2/p';
for repo in "$cache"/hub/models--*/; do
  repo=\${repo%/};
  [ -d "$repo" ] && [ ! -L "$repo" ] || continue;
  judge "$repo";
  printf 'repo %s %s %s\\n' "$state" "$(du -sB1 "$repo" 2>/dev/null | cut -f1)" "\${repo##*/}";
done;
for path; do
  [ -d "$path" ] && printf 'local %s %s\\n' "$(du -sB1 "$path/" 2>/dev/null | cut -f1)" "$path";
done;
printf 'end\\n';
`

/** Prints all that a cache holds, with the given folders of local models, in bytes as they lie on the disk. */
export const cacheProbe = (cache: string, localPaths: readonly string[]): Argv => scriptArgv('spark-disk', wholeCache, cache, ...localPaths)

export interface StoredRepo {
  readonly repo: string
  readonly state: 'there' | 'incomplete' | 'missing'
  readonly bytes: number | null
}
export interface CacheLook {
  readonly freeBytes: number | null
  readonly sizeBytes: number | null
  readonly repos: readonly StoredRepo[]
  /** Folder → bytes, of those that are there. */
  readonly local: ReadonlyMap<string, number | null>
}

/** Null where the look did not get to its end. */
export function readCacheLook(stdout: string): CacheLook | null {
  const lines = stdout.split('\n')
  if (!lines.includes('end')) return null
  const disk = lines.map((line) => /^disk (\d+) (\d+)$/.exec(line)).find((found) => found !== null)
  const repos = lines.flatMap((line): StoredRepo[] => {
    const found = /^repo (there|incomplete|missing) (\d*) (models--.+)$/.exec(line)
    const repo = repoOfFolder(found?.[3] ?? '')
    // the pattern admits these states only
    return found === null || repo === null ? [] : [{ repo, state: found[1] as StoredRepo['state'], bytes: bytesOf(found[2]) }]
  })
  const local = lines.flatMap((line): [string, number | null][] => {
    const found = /^local (\d*) (\/.*)$/.exec(line)
    return found === null ? [] : [[found[2] ?? '', bytesOf(found[1])]]
  })
  return { freeBytes: bytesOf(disk?.[1]), sizeBytes: bytesOf(disk?.[2]), repos, local: new Map(local) }
}

const bytesOf = (text: string | undefined): number | null => (text === undefined || text === '' ? null : Number(text))
