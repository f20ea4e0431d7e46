# A host's disk: a tmpfs that is written once and outlives a reboot. Its folder "root" becomes /; "upper" lies over this machine's /usr and /etc.
# Beside it, off the disk so that a full one cannot touch them: meminfo, boot_id, the record of what really ran, and how long a model loads here.

DISK_SIZE=3g # of memory only what is written; less would look to a preflight like a disk that is nearly full

make_disk() {
  local host=$1 own=$STATE/$1 root=$STATE/$1/disk/root etc=$STATE/$1/disk/upper/etc dir
  mkdir -p "$own/disk" "$own/mount"
  mount -t tmpfs -o size=$DISK_SIZE,mode=755 "disk-$host" "$own/disk"
  mkdir -p "$root"/{dev,etc,home,models,mnt,opt,proc,root,run,sys,tmp,usr} "$root"/var/{log,tmp,lib/spark-control} "$own/disk/work"/{etc,usr} "$etc"/{docker,ssh}
  for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$root/$dir"; done
  ln -s /run "$root/var/run"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  chmod 700 "$root/root"
  : >"$own/engine-events.jsonl"
  echo 1 >"$own/load_s"
  : >"$root/var/log/engine-events.jsonl"
  cat >"$own/meminfo" <<MEMINFO
MemTotal:       127600748 kB
MemFree:        112400000 kB
MemAvailable:   118500000 kB
Buffers:           20000 kB
Cached:          6000000 kB
SwapTotal:              0 kB
SwapFree:               0 kB
MEMINFO
  install_commands "$host"
  install_ssh "$host"
  install_docker "$host"
}

install_commands() {
  local host=$1 root=$STATE/$1/disk/root local=$STATE/$1/disk/upper/usr/local from=$HERE/stand-ins
  mkdir -p "$local"/{bin,sbin,lib/vllm}
  install -m 755 "$from"/{nvidia-smi,nvidia-container-runtime-hook,sudo,vllm/vllm} "$local/bin/"
  install -m 755 "$from/runc-host" "$local/sbin/"
  install -m 644 "$from"/vllm/*.ts "$local/lib/vllm/"
  echo '{ "type": "module" }' >"$local/lib/vllm/package.json"
  : >"$local/bin/node" # the node that runs the tests is bound here at boot
  ln -s /usr/bin/docker "$local/bin/docker" # this machine may have another docker at that place
  mkdir -p "$root/root/spark-vllm-docker"
  # the demo's stand-in needs bash, docker and ssh, and here they are real
  cat "$HERE/../../demo/stand-ins/spark-vllm-docker/"{autumn,cluster}.sh >"$root/root/spark-vllm-docker/launch-cluster.sh"
  chmod 755 "$root/root/spark-vllm-docker/launch-cluster.sh"
}

install_ssh() {
  local host=$1 root=$STATE/$1/disk/root etc=$STATE/$1/disk/upper/etc other
  install -d -m 700 "$root/root/.ssh"
  install -m 600 "$STATE/client.pub" "$root/root/.ssh/authorized_keys"
  # from host to host by a key of their own, which the control plane does not have
  install -m 600 "$STATE/between" "$root/root/.ssh/id_ed25519"
  cat "$STATE/between.pub" >>"$root/root/.ssh/authorized_keys"
  ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$etc/ssh/ssh_host_ed25519_key"
  echo "${ADDRESS[$host]} $(cut -d' ' -f1,2 "$etc/ssh/ssh_host_ed25519_key.pub")" >>"$STATE/known_hosts"
  cat >"$etc/ssh/sshd_config" <<SSHD
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
SetEnv PATH=$HOST_PATH
SSHD
  echo "$host" >"$etc/hostname"
  echo '127.0.0.1 localhost' >"$etc/hosts"
  for other in "${HOSTS[@]}"; do echo "${ADDRESS[$other]} $other" >>"$etc/hosts"; done
  : >"$etc/environment"
  echo 'nameserver 127.0.0.1' >"$etc/resolv.conf" # an unknown image is refused at once instead of after a resolver's time-out
}

install_docker() {
  cat >"$STATE/$1/disk/upper/etc/docker/daemon.json" <<JSON
{
  "default-runtime": "host",
  "runtimes": { "host": { "path": "/usr/local/sbin/runc-host" }, "nvidia": { "path": "/usr/local/sbin/runc-host" } },
  "cgroup-parent": "/$1",
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "storage-driver": "overlay2"
}
JSON
}

remove_disk() { umount "$STATE/$1/disk" 2>/dev/null || umount -l "$STATE/$1/disk" 2>/dev/null || :; }

# The disk shrinks to what is on it, which takes no memory and no time. Somebody may be writing meanwhile: then it is tried again.
host_fill() {
  local disk=$STATE/$1/disk try
  for ((try = 0; try < 100; try++)); do
    mount -o "remount,size=$(df --block-size=1k --output=used "$disk" | tail -n 1 | tr -d ' ')k" "$disk" && return 0
  done
  return 1
}
host_unfill() { mount -o "remount,size=$DISK_SIZE" "$STATE/$1/disk"; }
