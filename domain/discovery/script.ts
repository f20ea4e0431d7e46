import { printProcesses } from '../adoption/look.ts'
import { printParts } from '../host-facts/script.ts'
import { shellScript } from '../shell.ts'

/** The longest that the look may take on the host, in seconds. */
export const discoveryLimit_s = 14

/**
 * Everything about a host that nobody has to know beforehand, in one exec; it reads, and changes nothing. Every part has its own limit and exit code, and all
 * of them together end in time: what comes too late is missing, and said so. Values that may be secret are not printed, but for `docker inspect`, whose
 * answer must be read where it arrives and stored nowhere.
 */
const look = `${printParts}${printProcesses}
LC_ALL=C
export LC_ALL
until=$(($(date +%s) + 12))
within() { left=$((until - $(date +%s))); [ "$left" -lt "$1" ] && set -- "$left"; [ "$1" -lt 1 ] && set -- 0; limit=$1; }
limited() { [ "$limit" -gt 0 ] || return 124; timeout -k 1 "$limit" "$@" </dev/null; }
quiet() { begin "$1"; within "$2"; shift 2; limited "$@" 2>/dev/null; finish $?; }
part() { begin "$1"; within "$2"; shift 2; limited "$@" 2>&1; finish $?; }
word() { begin "$1"; printf '%s\\n' "$2"; finish 0; }

quiet time 2 date +%s%3N
word home "$HOME"
quiet user 2 id -un
quiet hostname 2 uname -n
quiet arch 2 uname -m
quiet meminfo 2 cat /proc/meminfo
file dgx /etc/dgx-release
file os /etc/os-release
begin state_dir; if [ -d /var/lib/spark-control ]; then [ -w /var/lib/spark-control ] && echo writable; else echo missing; fi; finish 0
file fence /var/lib/spark-control/fence
file fence_at_home "$HOME/.spark-control/fence"
quiet sudo 2 sudo -n true
quiet gpu 4 nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
quiet addresses 2 ip -o -4 addr show
quiet neighbours 2 ip -o neigh show
quiet fabric 2 ibdev2netdev
quiet listening 2 ss -ltnH

begin docker
listed=$(timeout -k 1 4 docker ps --all --no-trunc --format '{{json .}}' 2>&1 </dev/null)
code=$?
printf '%s\\n' "$listed" | sed -n '1p'
finish $code
caches=\${HF_HOME:-$HOME/.cache/huggingface}
if [ "$code" = 0 ]; then
  names=$(printf '%s\\n' "$listed" | sed -n 's/^{.*"Names":"\\([A-Za-z0-9][A-Za-z0-9_.-]*\\)[",].*/\\1/p' | head -n 100)
  if [ -n "$names" ]; then
    begin inspect; within 4; inspected=$(timeout -k 1 "$limit" docker inspect --type container $names 2>/dev/null </dev/null); printf '%s\\n' "$inspected"; finish 0
    quiet image_env 3 docker image inspect $(printf '%s\\n' "$inspected" | sed -n 's/^ *"Image": "\\([A-Za-z0-9:./_@-]*\\)",*$/\\1/p' | sort -u | head -n 60)
    caches="$caches
$(printf '%s\\n' "$inspected" | sed -n 's#^ *"\\(/[^":]*\\):/root/.cache/huggingface[:"].*#\\1#p')"
    for name in $(printf '%s\\n' "$listed" | grep '"State":"running"' | sed -n 's/^{.*"Names":"\\([A-Za-z0-9][A-Za-z0-9_.-]*\\)[",].*/\\1/p' | head -n 24); do
      within 4; [ "$limit" -gt 1 ] && processes "$name"
    done
  fi
  quiet images 3 docker images --format '{{.Repository}}:{{.Tag}}'
fi

for dir in "$HOME/spark-vllm-docker" /opt/spark-vllm-docker $(timeout -k 1 2 find "$HOME" -maxdepth 3 -name launch-cluster.sh -printf '%h\\n' 2>/dev/null | head -n 3); do
  [ -f "$dir/launch-cluster.sh" ] || continue
  word launcher_dir "$dir"
  part launcher_help 3 "$dir/launch-cluster.sh" --help
  [ -f "$dir/run-recipe.sh" ] && part recipe_help 3 "$dir/run-recipe.sh" --help
  quiet launcher_env 2 sed -n 's/^ *\\(export *\\)*\\(CLUSTER_NODES\\|COPY_HOSTS\\|LOCAL_IP\\|ETH_IF\\|IB_IF\\|MASTER_PORT\\|CONTAINER_NAME\\) *= */\\2=/p' "$dir/.env"
  quiet recipes 2 find "$dir/recipes" -maxdepth 2 -name '*.yaml' -exec grep -HE '^(name|description|model|container|solo_only|cluster_only):' {} +
  for peer in $(sed -n 's/^ *\\(export *\\)*\\(CLUSTER_NODES\\|COPY_HOSTS\\) *= *//p' "$dir/.env" 2>/dev/null | tr -d '"'"'" | tr ',' ' ' | tr ' ' '\\n' | grep -E '^[0-9a-zA-Z.:-]+$' | sort -u | head -n 4); do
    case " $(timeout -k 1 1 ip -o -4 addr show 2>/dev/null | tr '/' ' ')" in *" $peer "*) continue ;; esac
    quiet "peer $peer" 3 ssh -o BatchMode=yes -o ConnectTimeout=2 -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -n "$peer" 'uname -n; id -un; ip -o -4 addr show'
  done
  break
done

printf '%s\\n' "$caches" | sort -u | head -n 3 | while read -r cache; do
  [ -d "$cache/hub" ] || continue
  quiet "cache $cache" 4 find "$cache/hub" -mindepth 3 -maxdepth 5 -path '*/models--*' \\( -path '*/blobs/*' -o -path '*/snapshots/*/*' \\) -printf '%y\\t%s\\t%P\\t%l\\n'
  quiet "architectures $cache" 3 find "$cache/hub" -mindepth 4 -maxdepth 4 -path '*/models--*/snapshots/*/config.json' -exec grep -m 1 -oHE '"[A-Za-z0-9_]+(ForCausalLM|ForConditionalGeneration|LMHeadModel|ForSequenceClassification|ForMaskedLM|Model)"' {} +
done
printf '\\n#spark end\\n'
`

/** The command line of the look at a host. Changes nothing there. */
export const discoveryCommand = (): string => `timeout -k 1 ${discoveryLimit_s} ${shellScript(look, 'spark-discovery')}`
