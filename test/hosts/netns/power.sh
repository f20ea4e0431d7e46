# Power: a host is a tree of processes under its own PID 1. Cutting the power is one SIGKILL to that.

# The host's PID 1 as this machine sees it, or nothing. Pids are used again, so it must still sit in the host's network namespace.
pid_one() {
  local pid
  pid=$(cat "$STATE/$1/init.pid" 2>/dev/null) && [[ -n $pid ]] || return 1
  [[ $(stat -Lc %i "/proc/$pid/ns/net" 2>/dev/null) == $(stat -Lc %i "/run/netns/$1" 2>/dev/null) ]] && echo "$pid"
}

join_cgroups() {
  local group
  for group in "${CGROUPS[@]}"; do echo 0 >"/sys/fs/cgroup/$group/$1/cgroup.procs"; done
}

remove_cgroups() {
  local host=$1 group try
  for group in /sys/fs/cgroup/*/"$host"; do
    for ((try = 0; try < 40; try++)); do # busy until the last of its processes is reaped
      [[ -d $group ]] || break
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
    done
    [[ ! -d $group ]] || say "could not remove $group"
  done
}

power_on() {
  local host=$1 group outer inner try
  [[ ! -e /run/netns/$host ]] || { say "$host is on"; return 1; }
  plug_in "$host"
  for group in "${CGROUPS[@]}"; do mkdir -p "/sys/fs/cgroup/$group/$host"; done
  # 8 is the lock of the command that boots; a running host is no change
  setsid nsenter --net="/run/netns/$host" unshare --mount --pid --uts --ipc --fork --kill-child --propagation private \
    "$HERE/netns-hosts.sh" init "$host" </dev/null >>"$STATE/$host/console.log" 2>&1 8>&- &
  outer=$!
  for ((try = 0; try < 1200; try++)); do
    inner=$(tr -d ' ' 2>/dev/null <"/proc/$outer/task/$outer/children") || break
    if [[ -n $inner ]]; then
      echo "$inner" >"$STATE/$host/init.pid" # at once: `down` must find it also when this wait is killed
      [[ ! -e /proc/$inner/root/run/booted ]] || return 0
    fi
    sleep 0.05
  done
  say "$host did not boot:"
  tail -n 5 "$STATE/$host/console.log" >&2
  return 1
}

power_off() {
  local host=$1 pid try record=$STATE/$1/engine-events.jsonl
  pull_plug "$host" # first: a host without power is silent, it neither refuses nor says goodbye
  { echo THAWED >"/sys/fs/cgroup/freezer/$host/freezer.state"; } 2>/dev/null || :
  if pid=$(pid_one "$host"); then
    kill -9 "$pid"
    for ((try = 0; try < 250; try++)); do
      [[ -n $(ip netns pids "$host" 2>/dev/null) ]] || break
      sleep 0.02
    done
    [[ ! -e $record ]] || echo "{\"seq\":$(($(wc -l <"$record") + 1)),\"at_ms\":$(date +%s%3N),\"event\":\"power_off\"}" >>"$record"
  fi
  for pid in $(ip netns pids "$host" 2>/dev/null); do # of a boot that was killed half-way
    kill -9 "$pid" 2>/dev/null || :
  done
  rm -f "$STATE/$host/init.pid"
  remove_namespace "$host"
  remove_cgroups "$host"
}

host_off() { power_off "$1"; }
host_on() { power_on "$1"; }
host_reboot() {
  power_off "$1"
  power_on "$1"
}
host_freeze() { echo FROZEN >"/sys/fs/cgroup/freezer/$1/freezer.state"; }
host_thaw() { echo THAWED >"/sys/fs/cgroup/freezer/$1/freezer.state"; }

host_exec() {
  local host=$1 pid
  shift
  pid=$(pid_one "$host") || { say "$host is off"; exit 69; }
  [[ $(<"/sys/fs/cgroup/freezer/$host/freezer.state") == THAWED ]] || { say "$host is frozen"; exit 69; }
  join_cgroups "$host"
  exec nsenter -t "$pid" -m -p -u -i -n -- env -i HOME=/root "PATH=$HOST_PATH" "$@"
}

# Runs in the new namespaces and becomes the host's PID 1.
host_init() {
  local host=$1 own=$STATE/$1 root=$STATE/$1/mount disk=$STATE/$1/disk name lower
  hostname "$host"
  join_cgroups "$host"
  mount --bind "$disk/root" "$root"
  for name in usr etc; do
    lower=/$name
    [[ $name != usr ]] || lower=$(realpath "$STATE/engine/usr"):/usr
    mount -t overlay "$host-$name" -o "lowerdir=$lower,upperdir=$disk/upper/$name,workdir=$disk/work/$name" "$root/$name"
  done
  mount --bind "$(realpath "$STATE/node")" "$root/usr/local/bin/node"
  mount --bind "$own/engine-events.jsonl" "$root/var/log/engine-events.jsonl"
  if [[ -e $STATE/share ]]; then
    mkdir -p "$root/mnt/shared"
    mount --bind "$(realpath "$STATE/share")" "$root/mnt/shared"
    mount -o remount,bind,ro "$root/mnt/shared"
  fi
  mount -t proc proc "$root/proc"
  cat /proc/sys/kernel/random/uuid >"$own/boot_id"
  mount --bind "$own/boot_id" "$root/proc/sys/kernel/random/boot_id"
  mount --bind "$own/meminfo" "$root/proc/meminfo"
  mount -t sysfs sysfs "$root/sys"
  mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
  make_devices "$root/dev"
  mount -t tmpfs -o mode=755 run "$root/run"
  mkdir -p "$root/run"/{before,engine,lock,sshd}
  touch "$root/run/engine/load_s"
  mount --bind "$own/load_s" "$root/run/engine/load_s"
  mount -t tmpfs -o mode=1777,size=64m tmp "$root/tmp"
  cp "$STATE/image.tar" "$root/run/image.tar"
  cd "$root"
  pivot_root . run/before
  cd /
  umount -l /run/before
  rmdir /run/before
  export HOME=/root PATH=$HOST_PATH
  start_services
  touch /run/booted
  exec tini -s -- sleep infinity # reaps what daemons leave; the services stay its children
}

make_devices() {
  local dev=$1 node name major minor
  mount -t tmpfs -o mode=755,size=1m dev "$dev"
  for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$node"
    mknod -m 666 "$dev/$name" c "$major" "$minor"
  done
  mkdir "$dev/pts" "$dev/shm" "$dev/infiniband" # of the fast link: there to be handed to containers, and it does nothing
  mknod -m 666 "$dev/infiniband/uverbs0" c 1 3
  mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts "$dev/pts"
  mount -t tmpfs -o mode=1777 shm "$dev/shm"
  ln -s pts/ptmx "$dev/ptmx"
  ln -s /proc/self/fd "$dev/fd"
  ln -s fd/0 "$dev/stdin"
  ln -s fd/1 "$dev/stdout"
  ln -s fd/2 "$dev/stderr"
}

start_services() {
  local daemon
  /usr/sbin/sshd -E /var/log/sshd.log
  dockerd >>/var/log/dockerd.log 2>&1 &
  daemon=$!
  until docker version >/dev/null 2>&1; do
    kill -0 "$daemon" 2>/dev/null || { tail -n 5 /var/log/dockerd.log; exit 1; }
    sleep 0.05
  done
  docker image inspect vllm-node >/dev/null 2>&1 || docker load -q -i /run/image.tar
  rm -f /run/image.tar
  node /usr/local/lib/vllm/engine-recorder.ts >>/var/log/engine-recorder.log 2>&1 &
  until [[ -S /run/engine/recorder.sock ]]; do
    kill -0 $! 2>/dev/null || { tail -n 5 /var/log/engine-recorder.log; exit 1; }
    sleep 0.02
  done
}
