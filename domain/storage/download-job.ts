import type { Host } from '../cluster.ts'
import { onHost } from '../host-facts.ts'
import type { Argv } from '../names.ts'
import { quoteWord } from '../shell.ts'
import { repoFolder } from './hub-cache.ts'
import { expanding, scriptArgv } from './script.ts'

/**
 * A download or copy as it lives on a host: a process of its own session that outlives every connection, and a folder with what is to be known of it. It
 * holds the lock of its folder as long as it lives, so that whoever finds the lock free knows that it is gone, whatever killed it.
 */
type JobHost = Pick<Host, 'stateDir' | 'hfCache' | 'launcherDir'>

/** The folder of the job that fills a repository's folder on this host. */
export const fillingDir = ({ stateDir }: Pick<Host, 'stateDir'>, repo: string): string => `${stateDir}/downloads/${repoFolder(repo)}`
/** The folder of the job that copies from this host to another. */
export const copyingDir = (host: Pick<Host, 'stateDir'>, repo: string, to: string): string => `${fillingDir(host, repo)}--to--${to}`

/** Beside the command it has nothing to do but to note how that ended. */
const keeper = `
dir=$1;
shift;
echo $$ >"$dir/pid";
"$@" >"$dir/out" 2>&1;
code=$?;
rm -f "$dir/token";
echo $code >"$dir/exit.new";
mv -f "$dir/exit.new" "$dir/exit";
`
const inOneLine = (script: string): string => scriptArgv('', script)[2] ?? ''

const opening = `${expanding}
dir=$(expand "$1") run=$2 keeper=$3;
shift 3;
mkdir -p "$dir" 2>/dev/null;
[ -w "$dir" ] || { echo 'refused unwritable'; exit 0; };
if [ "$(cat "$dir/stopped" 2>/dev/null)" = "$run" ]; then echo 'refused stopped'; exit 0; fi;
exec 9>>"$dir/lock";
if ! flock -n 9; then printf 'running %s\\n' "$(cat "$dir/run" 2>/dev/null)"; exit 0; fi;
if [ "$(cat "$dir/run" 2>/dev/null)" = "$run" ] && [ "$(cat "$dir/exit" 2>/dev/null)" = 0 ]; then echo 'ended'; exit 0; fi;
PATH=$PATH:$HOME/.local/bin:$HOME/.cargo/bin;
export PATH;
`
const starting = `
rm -f "$dir/exit" "$dir/pid" "$dir/out" "$dir/token";
printf '%s' "$run" >"$dir/run" || { echo 'refused full'; exit 0; };
if [ -n "$token" ]; then
  (umask 077; printf '%s' "$token" >"$dir/token");
  HF_TOKEN_PATH=$dir/token;
  export HF_TOKEN_PATH;
fi;
setsid sh -c "$keeper" spark-download "$dir" "$@" </dev/null >/dev/null 2>&1 &
printf 'started %s\\n' "$tool";
`

const fetch = `${opening}
IFS= read -r token || :;
HF_HOME=$(expand "$1") repo=$2 launcher=$(expand "$3");
mkdir -p "$HF_HOME/hub" 2>/dev/null || { echo 'refused full'; exit 0; };
unset HF_HUB_CACHE;
HF_HUB_DISABLE_PROGRESS_BARS=1;
export HF_HOME HF_HUB_DISABLE_PROGRESS_BARS;
if [ -n "$4" ]; then HF_ENDPOINT=$4; export HF_ENDPOINT; fi;
if command -v hf >/dev/null; then tool=hf; set -- hf download "$repo";
elif command -v uvx >/dev/null; then tool='uvx hf'; set -- uvx hf download "$repo";
elif [ -x "$launcher/hf-download.sh" ]; then tool=hf-download.sh; set -- "$launcher/hf-download.sh" "$repo";
else echo 'refused tool'; exit 0; fi;
${starting}`

/**
 * Begins a download, or finds the one that is under way. The token, where there is one, comes as the first line of standard input and lies in a file of mode
 * 0600 while the tool needs it; it is in no argument and in no environment.
 */
export const fetchArgv = (host: JobHost, repo: string, run: string, endpoint: string): Argv =>
  scriptArgv('spark-fetch', fetch, fillingDir(host, repo), run, inOneLine(keeper), host.hfCache, repo, host.launcherDir, endpoint)

const copy = `${opening}
token=;
tool=rsync;
command -v rsync >/dev/null || { echo 'refused tool'; exit 0; };
set -- rsync -a -s --partial-dir=.rsync-partial --exclude='*.incomplete' -e "$3" --rsync-path="$4" "$(expand "$1")/hub/$2/" "$5";
${starting}`

/** The other end of a copy, and its SSH user's home there. */
export type CopyTarget = Pick<Host, 'name' | 'address' | 'fabricAddress' | 'port' | 'user' | 'stateDir' | 'hfCache'> & { readonly home: string }

/** Prints that home. */
export const homeProbe: Argv = ['sh', '-c', 'printf %s "$HOME"']

/** Begins a copy to another host over the fast link, where there is one, or finds the one that is under way. The other host's lock is held over there. */
export function copyArgv(host: JobHost, repo: string, run: string, target: CopyTarget): Argv {
  const [folder, lockDir] = [`${onHost(target.hfCache, target.home)}/hub/${repoFolder(repo)}`, onHost(fillingDir(target, repo), target.home)]
  const remote = `mkdir -p ${quoteWord(folder)} ${quoteWord(lockDir)} && exec flock -n ${quoteWord(`${lockDir}/lock`)} rsync`
  const ssh = `ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -p ${String(target.port)}`
  const address = target.fabricAddress ?? target.address
  const at = `${target.user}@${address.includes(':') ? `[${address}]` : address}`
  const dir = copyingDir(host, repo, target.name)
  return scriptArgv('spark-copy', copy, dir, run, inOneLine(keeper), host.hfCache, repoFolder(repo), ssh, remote, `${at}:${folder}/`)
}

/** How a job was found or begun. */
export type Begun =
  | { readonly kind: 'started'; readonly tool: string }
  /** Its own of an earlier attempt, or another's: both fill the same folder. */
  | { readonly kind: 'running'; readonly run: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused'; readonly why: 'unwritable' | 'stopped' | 'full' | 'tool' }

/** Null where no verdict was printed: then it is not known whether anything was begun, and asking again finds out. */
export function readBegun(stdout: string): Begun | null {
  const [, word, rest = ''] = /^(started|running|ended|refused) ?(.*)$/m.exec(stdout) ?? []
  if (word === 'started') return { kind: 'started', tool: rest }
  if (word === 'running') return { kind: 'running', run: rest }
  if (word === 'ended') return { kind: 'ended' }
  return word === 'refused' && (rest === 'unwritable' || rest === 'stopped' || rest === 'full' || rest === 'tool')
    ? { kind: 'refused', why: rest }
    : null
}

const look = `${expanding}
dir=$(expand "$1");
if [ -e "$dir/lock" ] && ! flock -n "$dir/lock" true; then echo 'alive yes'; else echo 'alive no'; fi;
[ ! -e "$dir/run" ] || printf 'run %s\\n' "$(cat "$dir/run")";
[ ! -e "$dir/exit" ] || printf 'exit %s\\n' "$(cat "$dir/exit")";
printf 'out\\n';
[ ! -e "$dir/out" ] || tail -c 4000 "$dir/out";
`

/** Prints whether a job lives, how it ended, and the last words of its tool. */
export const jobProbe = (dir: string): Argv => scriptArgv('spark-job', look, dir)

export interface JobLook {
  readonly alive: boolean
  readonly run: string | null
  readonly exit: number | null
  readonly words: string
}

/** Null where the look printed no verdict. */
export function readJob(stdout: string): JobLook | null {
  const at = /^out\n/m.exec(stdout)
  const head = at === null ? stdout : stdout.slice(0, at.index)
  const alive = /^alive (yes|no)$/m.exec(head)?.[1]
  if (alive === undefined || at === null) return null
  const exit = /^exit (\d{1,3})$/m.exec(head)?.[1]
  return {
    alive: alive === 'yes',
    run: /^run (.+)$/m.exec(head)?.[1] ?? null,
    exit: exit === undefined ? null : Number(exit),
    words: stdout.slice(at.index + 4),
  }
}

const measure = `${expanding}
repo=$(expand "$1")/hub/$2;
find "$repo" -type f -printf '%s %b %f\\n' 2>/dev/null |
awk '{ real = $2 * 512; sum += (/\\.incomplete$/ && real < $1) ? real : $1 } END { printf "bytes %.0f\\n", sum }';
df -B1 --output=avail "$(expand "$1")" 2>/dev/null | sed -n '2s/^ *\\([0-9]*\\)$/free \\1/p';
`

/** Prints how many bytes of a repository are there, finished or not, and how many are free beside them. */
export const bytesProbe = (cache: string, repo: string): Argv => scriptArgv('spark-bytes', measure, cache, repoFolder(repo))

export function readBytes(stdout: string): { bytes: number; free: number | null } | null {
  const bytes = /^bytes (\d{1,18})$/m.exec(stdout)?.[1]
  const free = /^free (\d{1,18})$/m.exec(stdout)?.[1]
  return bytes === undefined ? null : { bytes: Number(bytes), free: free === undefined ? null : Number(free) }
}

/** A process group that still holds the lock cannot have given its number away. */
const stop = `${expanding}
dir=$(expand "$1");
[ -d "$dir" ] || { echo 'stopped'; exit 0; };
printf '%s' "$2" >"$dir/stopped";
tries=0;
while ! flock -n "$dir/lock" true; do
  tries=$((tries + 1));
  [ $tries -le 100 ] || { echo 'alive'; exit 0; };
  signal=TERM;
  [ $tries -le 50 ] || signal=KILL;
  pid=$(cat "$dir/pid" 2>/dev/null);
  [ -z "$pid" ] || kill -s "$signal" -- "-$pid" 2>/dev/null;
  sleep 0.2;
done;
rm -f "$dir/token";
echo 'stopped';
`
export const stopLimit_s = 60

/** Ends a job and proves it: prints `stopped` when nothing holds its lock any more. What it was begun for is never begun again by a late attempt of that run. */
export const stopArgv = (dir: string, run: string): Argv => scriptArgv('spark-stop', stop, dir, run)
