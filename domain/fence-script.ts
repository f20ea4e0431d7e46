import { blockBytes, fenceLine, markerLine, refusals, type Refusal } from './fence.ts'
import type { Mark, StepMarker } from './mark.ts'
import type { Argv, ClusterId } from './names.ts'
import { quote, quotePath, quoteWord, shellScript, singleQuoted } from './shell.ts'

/**
 * Runs in a session of its own, so that a lost connection ends nothing. Holds the host's lock from the comparison until the command has ended; the
 * command itself does not inherit the lock, or a daemon that it leaves behind would keep it. Its standard output is the verdict; the command's goes to 4 and 6.
 */
const underLock = `
dir=$1 mode=$2 cluster=$3 fence=$4 step=$5 attempt=$6 line=$7 marker=$8 wait_s=$9
shift 9
limit_s=$1
shift
umask 002

refuse() {
  printf 'refused %s %s' "$1" "$(printf '%s' "$2" | tr '\\n' ' ')"
  exit 1
}
cannot_write() {
  case $1 in
  *'No space left'* | *'quota exceeded'* | *'File too large'*) refuse full "$1" ;;
  *) refuse unwritable "$1" ;;
  esac
}
# In place once the block is there: a full disk cannot lose what it holds.
store() {
  block=$(printf '%-${blockBytes - 1}s' "$2")
  if [ -e "$dir/$1" ]; then
    said=$(printf '%s\\n' "$block" | LC_ALL=C dd of="$dir/$1" bs=${blockBytes} count=1 iflag=fullblock conv=notrunc,fsync 2>&1) || cannot_write "$said"
  else
    said=$(printf '%s\\n' "$block" | LC_ALL=C dd of="$dir/$1.new" bs=${blockBytes} count=1 iflag=fullblock conv=fsync 2>&1) || cannot_write "$said"
    said=$(mv -f "$dir/$1.new" "$dir/$1" 2>&1 && sync "$dir" 2>&1) || cannot_write "$said"
  fi
  [ "$(cat "$dir/$1")" = "$block" ] || refuse unwritable "$1 does not hold what was written"
}
lower() {
  [ "$1" -eq "$4" ] || { [ "$1" -lt "$4" ]; return; }
  [ "$2" -eq "$5" ] || { [ "$2" -lt "$5" ]; return; }
  [ "$3" -lt "$6" ]
}
check() {
  [ "$1" = "$cluster" ] || refuse foreign "$1"
  ! lower "$fence" "$step" "$attempt" "$2" "$3" "$4" || refuse stale "$2 $3 $4"
}
adopt() {
  line='{"cluster_id":"'$cluster'","fence":'$2',"step":'$3',"attempt":'$4'}'
}

{ true >>"$dir/lock"; } 2>/dev/null || refuse unwritable "$dir/lock cannot be written"
exec 9>>"$dir/lock"
flock -w "$wait_s" 9 || refuse locked "waited $wait_s s"

if [ -e "$dir/fence" ]; then
  text=$(cat "$dir/fence" 2>&1) || refuse unwritable "$text"
  number='\\([0-9]\\{1,16\\}\\)'
  stored=$(printf '%s\\n' "$text" |
    sed -n 's/^{"cluster_id":"\\([a-z0-9-]*\\)","fence":'"$number"',"step":'"$number"',"attempt":'"$number"'} *$/\\1 \\2 \\3 \\4/p')
  if [ "$mode" = takeover ]; then
    [ -z "$stored" ] || adopt $stored
  else
    [ -n "$stored" ] || refuse unwritable 'the fence file cannot be understood'
    check $stored
  fi
else
  [ -e "$dir/marker" ] || store marker '{}'
fi
store fence "$line"
[ -z "$marker" ] || store marker "$marker"

case $mode in
hold=*)
  # Not bound to whoever asked: it ends when its file goes, or after its time, which is longer than what it guards.
  file=$dir/hold.$fence.\${mode#hold=}
  said=$({ printf x >"$file"; } 2>&1) || cannot_write "$said"
  printf 'held %s\n' "\${mode#hold=}" >&2
  left=$((limit_s * 10))
  while [ -e "$file" ] && [ "$left" -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  rm -f "$file"
  printf 'ran 0'
  exit
  ;;
ready=*)
  printf 'held %s\n' "\${mode#ready=}" >&2
  word=$(timeout "$wait_s" head -n 1)
  [ "$word" = go ] || refuse locked 'it was not told to go on'
  exec </dev/null
  ;;
esac

[ $# -gt 0 ] || { printf 'ran 0'; exit; }
began=$(date +%s)
timeout -k 5 "$limit_s" "$@" >&4 2>&6 4>&- 6>&- 9>&-
code=$?
case $code in
124) printf 'limit %s' "$limit_s" ;;
137) [ $(($(date +%s) - began)) -lt "$limit_s" ] && printf 'ran 137' || printf 'limit %s' "$limit_s" ;;
*) printf 'ran %s' "$code" ;;
esac
`

/**
 * Talks to us: starts the part above, waits, then prints what the command printed and one last line with the verdict. The command writes into files
 * without a name, so a lost connection neither breaks its pipes nor leaves anything behind.
 */
const before = `
inner=$1 nonce=$2
shift 2
end() {
  printf '\\nspark-control %s %s\\n' "$nonce" "$1"
  exit "$2"
}
for tool in flock setsid timeout dd mktemp; do
  command -v "$tool" >/dev/null 2>&1 || end "refused unwritable $tool is not installed on the host" 73
done
umask 002
cannot_write() {
  case $1 in
  *'No space left'* | *'quota exceeded'*) end "refused full $1" 75 ;;
  *) end "refused unwritable $1" 73 ;;
  esac
}
[ -d "$1" ] || said=$(LC_ALL=C mkdir -p "$1" 2>&1) || cannot_write "$said"
out=$(LC_ALL=C mktemp "$1/out.XXXXXX" 2>&1) || cannot_write "$out"
err=$(LC_ALL=C mktemp "$1/err.XXXXXX" 2>&1) || cannot_write "$err"
exec 4>"$out" 5<"$out" 6>"$err" 7<"$err"
rm -f "$out" "$err"
result=$(setsid sh -c "$inner" spark-control "$@" 5<&- 7<&-)
tail -c 1000000 <&5
tail -c 1000000 <&7 >&2
case $result in
'ran '*) end "$result" "\${result#ran }" ;;
'refused stale '*) end "$result" 71 ;;
'refused foreign '*) end "$result" 72 ;;
'refused unwritable '*) end "$result" 73 ;;
'refused locked '*) end "$result" 74 ;;
'refused full '*) end "$result" 75 ;;
'limit '*) end "$result" 76 ;;
*) end lost 77 ;;
esac
`

interface FencedCommand {
  readonly stateDir: string
  readonly mark: Mark
  readonly marker?: StepMarker | undefined
  readonly argv: Argv
  /** How long to wait for the host's lock, in seconds. */
  readonly waitS: number
  /** How long the command may run, in seconds. */
  readonly limitS: number
  /** A random word without which the verdict does not count: the command's own output can't imitate it. */
  readonly nonce: string
}

/**
 * The command line that changes something on a host (ARBITER.md F1, F2, F5): compares the mark under the host's lock, stores it and the step marker, then runs
 * `argv` for at most `limitS`. An empty argv only raises the fence. Throws UnquotableWord, and RangeError for a mark or marker that the host could not store.
 */
export function fencedCommand(command: FencedCommand): string {
  const marker = command.marker === undefined ? '' : markerLine(command.marker)
  return scriptLine('take', command, marker)
}

/**
 * The command line that takes a host's lock as `fencedCommand` does and keeps it, while something that another host does must not meet anything else here
 * (ARBITER.md F2). It says `held NONCE` on standard error, and gives the lock back when `releaseCommand` comes or after `limitS`, not when we leave.
 */
export const holdCommand = (command: Omit<FencedCommand, 'argv'>): string =>
  scriptLine(`hold=${command.nonce}`, { ...command, argv: [] }, command.marker === undefined ? '' : markerLine(command.marker))

/**
 * `fencedCommand` in two parts: with the lock taken it says `held NONCE` on standard error, and runs `argv` once it reads the line `go`. When we leave
 * before, or say nothing for `waitS`, nothing is run.
 */
export const readyCommand = (command: FencedCommand): string =>
  scriptLine(`ready=${command.nonce}`, command, command.marker === undefined ? '' : markerLine(command.marker))

export const heldWord = (nonce: string): string => `held ${nonce}`

/** Ends a hold of that fence on a host: the one with that nonce, or with null all of them. */
export const releaseCommand = (stateDir: string, fence: number, nonce: string | null): string =>
  shellScript('rm -f "$1/hold.$2."$3', 'spark-release', quotePath(stateDir), quoteWord(String(fence)), nonce === null ? "'*'" : quoteWord(nonce))

/** The command line that makes a host's fence file ours and keeps its numbers (ARBITER.md F3). */
export const takeoverCommand = (command: { stateDir: string; clusterId: ClusterId; waitS: number; nonce: string }): string =>
  scriptLine('takeover', { ...command, mark: { clusterId: command.clusterId, fence: 0, step: 0, attempt: 0 }, argv: [], limitS: 1 }, '')

function scriptLine(
  mode: 'take' | 'takeover' | `hold=${string}` | `ready=${string}`,
  { stateDir, mark, argv, waitS, limitS, nonce }: FencedCommand,
  marker: string,
): string {
  const words = [nonce].map(quoteWord)
  const rest = [mode, mark.clusterId, mark.fence, mark.step, mark.attempt, fenceLine(mark), marker, seconds(waitS), seconds(limitS)]
  const shellWords = [singleQuoted(underLock), ...words, quotePath(stateDir), ...rest.map((word) => quoteWord(String(word)))]
  return shellScript(before, 'spark-control', ...shellWords, ...(argv.length === 0 ? [] : [quote(argv)]))
}

const seconds = (limit: number): number => Math.max(1, Math.ceil(limit))

export type Verdict =
  | { readonly kind: 'ran'; readonly code: number; readonly stdout: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }
  /** It is not known what the command did: it ran into its limit, was killed, or its end was never heard. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly stdout: string }

/** Reads what a fenced command printed. Without a verdict it is *unknown*, never a success. */
export function readVerdict(nonce: string, stdout: string): Verdict {
  const sign = `\nspark-control ${nonce} `
  const at = stdout.lastIndexOf(sign)
  if (at < 0) return { kind: 'unknown', reason: 'the connection broke before its end was known', stdout }
  const said = stdout.slice(at + sign.length).trim()
  const printed = stdout.slice(0, at)
  const ran = /^ran (\d{1,3})$/.exec(said)
  if (ran !== null) return { kind: 'ran', code: Number(ran[1]), stdout: printed }
  const limit = /^limit (\d+)$/.exec(said)
  if (limit !== null) return { kind: 'unknown', reason: `it was ended after its limit of ${limit[1] ?? ''} s`, stdout: printed }
  const refused = /^refused ([a-z]+) ?([^]*)$/.exec(said)
  const refusal = refused?.[1]
  if (refusal !== undefined && isRefusal(refusal)) return { kind: 'refused', refusal, detail: (refused?.[2] ?? '').trim() }
  return { kind: 'unknown', reason: 'it was killed on the host', stdout: printed }
}

const isRefusal = (word: string): word is Refusal => Object.hasOwn(refusals, word)
