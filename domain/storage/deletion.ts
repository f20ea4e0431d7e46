import { causeOf } from '../errors.ts'
import type { Argv, HostName } from '../names.ts'
import { repoFolder } from './hub-cache.ts'
import type { DeletionPlan } from './question.ts'
import { expanding, scriptArgv } from './script.ts'

const mostPaths = 200

const plan = `${expanding}
cd -P -- "$(expand "$1")/hub" 2>/dev/null || { echo 'state missing'; exit 0; };
if [ -L "$2" ]; then printf 'state linked\\nleads %s\\n' "$(readlink -m -- "$2")"; exit 0; fi;
[ -d "$2" ] || { echo 'state missing'; exit 0; };
printf 'state there\\nhub %s\\n' "$(pwd -P)";
find "$2" ".locks/$2" -type f -printf '%b %p\\n' 2>/dev/null | sort -rn |
awk '{ files++; bytes += $1 * 512; if (files <= ${String(mostPaths)}) { size = $1 * 512; sub(/^[0-9]+ /, ""); printf "path %.0f %s\\n", size, $0 } }
END { printf "all %.0f %.0f\\n", files, bytes }';
`

/** Prints every file that a deletion would take away. Links are shown nowhere: they take no room, and what they lead to stays. */
export const planProbe = (cache: string, repo: string): Argv => scriptArgv('spark-deletion', plan, cache, repoFolder(repo))

/** Null where the look did not get to its end. */
export function readPlan(host: HostName, repo: string, stdout: string): DeletionPlan | null {
  const state = /^state (\w+)$/m.exec(stdout)?.[1]
  const nothing = { host, paths: [], files: 0, bytes: 0, cause: null }
  if (state === 'missing') return { ...nothing, cause: causeOf('weights_missing', `Nothing of ${repo} is on ${host}`) }
  if (state === 'linked') {
    const leads = /^leads (.*)$/m.exec(stdout)?.[1] ?? ''
    return { ...nothing, cause: causeOf('weights_linked', `${repoFolder(repo)} on ${host} is a link to ${leads}`) }
  }
  const all = /^all (\d+) (\d+)$/m.exec(stdout)
  const hub = /^hub (.*)$/m.exec(stdout)?.[1]
  if (state !== 'there' || all === null || hub === undefined) return null
  const paths = [...stdout.matchAll(/^path (\d+) (.*)$/gm)].map(([, bytes, path]) => ({ path: `${hub}/${path ?? ''}`, bytes: Number(bytes) }))
  return { host, paths, files: Number(all[1]), bytes: Number(all[2]), cause: null }
}

/** How the script below says what it did not do. */
export const deletionExits = { running: 76, linked: 77, failed: 78 } as const

/**
 * First out of sight by one rename, so that nobody ever loads half of it, then gone. What an attempt before this one left is taken along. The lock is the
 * download's: whoever downloads or copies here holds it.
 */
const remove = `${expanding}
jobs=$(expand "$3");
if [ -d "$jobs" ]; then exec 8>>"$jobs/lock"; flock -n 8 || exit ${String(deletionExits.running)}; fi;
cd -P -- "$(expand "$1")/hub" 2>/dev/null || exit 0;
[ ! -L "$2" ] || exit ${String(deletionExits.linked)};
rm -rf --one-file-system -- .deleting-* || exit ${String(deletionExits.failed)};
[ ! -d "$2" ] || mv -T -- "$2" ".deleting-$2" || exit ${String(deletionExits.failed)};
rm -rf --one-file-system -- ".deleting-$2" || exit ${String(deletionExits.failed)};
[ -L .locks ] || rm -rf --one-file-system -- ".locks/$2";
exit 0;
`

/** Takes a repository's folder out of the cache; only what is inside of it, and never through a link. Safe to repeat. */
export const deletionArgv = (cache: string, repo: string, jobDir: string): Argv => scriptArgv('spark-delete', remove, cache, repoFolder(repo), jobDir)
