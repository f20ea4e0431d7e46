import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { cachedEngine } from './docker-engine.ts'

const run = promisify(execFile)
const commands = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  ip: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setsid: 'util-linux',
  flock: 'util-linux',
  'dpkg-deb': 'dpkg',
} as const satisfies Record<string, string>

const works = (file: string, argv: readonly string[]): Promise<boolean> =>
  run(file, argv, { timeout: 30_000 }).then(
    () => true,
    () => false,
  )
const isCommand = (name: string): Promise<boolean> => works('/bin/sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`])

// the rights that the hosts need, used once where nobody sees it: namespaces, mounts, overlays, a bridge, a firewall rule
const probe = `
  mount -t tmpfs probe /mnt && mkdir /mnt/upper /mnt/work /mnt/all &&
  mount -t overlay probe -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /mnt/all && mknod /mnt/null c 1 3 &&
  ip link add br-probe type bridge && ip link add v-probe type veth peer name v-peer && iptables -w -A INPUT -j ACCEPT`
const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--propagation', 'private']

/** What this machine lacks to carry the two real hosts, each with how to get it. Empty: the lane can run. Changes nothing. */
export async function missingParts(): Promise<string[]> {
  if (process.platform !== 'linux') return [`Linux (this is ${process.platform}): run the tests in a Linux machine or a virtual one`]
  if (process.getuid?.() !== 0) return ['root: run the tests as root, in a machine or a container of their own']
  const missing: string[] = []
  for (const [command, from] of Object.entries(commands)) {
    if (!(await isCommand(command))) missing.push(`${command}: apt-get install ${from}`)
  }
  if (missing.length === 0 && !(await works('unshare', [...namespaces, '/bin/sh', '-c', probe]))) {
    missing.push(
      'the rights to make namespaces, mounts, overlays and bridges: run as root with CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged)',
    )
  }
  for (const group of ['freezer', 'memory', 'pids']) {
    if (!existsSync(`/sys/fs/cgroup/${group}/cgroup.procs`))
      missing.push(`the cgroup v1 controller ${group}: boot with systemd.unified_cgroup_hierarchy=0`)
  }
  if ((await cachedEngine()) === null && !(await works('apt-get', ['--version']))) {
    missing.push("Debian's Docker Engine, which apt-get downloads (it is not installed): use Debian or Ubuntu")
  }
  return missing
}
