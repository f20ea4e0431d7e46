import { readFence } from '../fence.ts'
import type { HostDiscovery } from './discovery.ts'
import type { Parts } from './parts.ts'

/** A clock that is further off than this makes tokens, certificates and logs of that host misleading. */
const clockMayBeOff_s = 120

/** What a person should know before these machines are used: what is missing, what hung, and what to do about it. */
export function remarksOf(found: Omit<HostDiscovery, 'remarks'>, parts: Parts): string[] {
  const { gpu, docker, launcher, clock_ahead_s: ahead, caches, engines, services } = found
  const hung = ['gpu', 'docker', 'launcher_help'].filter((name) => parts.hung(name))
  return [
    ...(parts.whole ? [] : ['The look did not come to its end: what is missing here may be there all the same.']),
    ...rulers(parts).map(
      (cluster) =>
        `It belongs to the cluster ${cluster} (its fence says so). Where yours is another, swaps on it are refused until it is taken over: npm run trust -- <host> --takeover.`,
    ),
    ...hung.map((name) => `${words[name] ?? name} did not answer in time.`),
    ...(gpu === null && !parts.hung('gpu')
      ? ['It has no GPU that nvidia-smi knows: it is no Spark. It can be added; models will not start there.']
      : []),
    ...(docker.ok || parts.hung('docker')
      ? []
      : [`Docker cannot be used: ${docker.detail ?? 'it did not answer'}. ${dockerFix(docker.detail, found.user)}`]),
    ...(launcher === null ? ['spark-vllm-docker was not found: models start by plain docker run, or set launcher_dir.'] : []),
    ...(launcher?.trouble == null ? [] : [`In ${launcher.dir}: ${launcher.trouble}`]),
    ...(ahead !== null && Math.abs(ahead) > clockMayBeOff_s
      ? [`Its clock is ${spell(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}: set it (timedatectl set-ntp true).`]
      : []),
    ...(caches.length === 0 ? ['There is no Hugging Face cache yet.'] : []),
    ...engines
      .filter((engine) => !engine.answers)
      .map((engine) => `Container ${engine.container} does not answer${engine.port === null ? '' : ` on port ${engine.port}`}.`),
    ...services
      .filter((service) => service.loopback_only)
      .map((service) => `Port ${service.port} (${service.kind}) listens on the host’s own loopback only.`),
  ]
}

/** Clusters that wrote a fence in one of its usual places (ARBITER.md F3). */
const rulers = (parts: Parts): string[] => [
  ...new Set(['fence', 'fence_at_home'].flatMap((name) => readFence(parts.text(name)).fence?.cluster_id ?? [])),
]

const words: Readonly<Record<string, string>> = { gpu: 'nvidia-smi', docker: 'Docker', launcher_help: 'launch-cluster.sh --help' }

function dockerFix(detail: string | null, user: string): string {
  if (detail !== null && /permission denied/i.test(detail)) return `Let ${user} use it: sudo usermod -aG docker ${user}, then log in anew.`
  return detail !== null && /not found/i.test(detail) ? 'Install it, or look at PATH of non-interactive shells.' : 'Look at: systemctl status docker.'
}

const spell = (seconds: number): string =>
  seconds >= 5400 ? `${Math.round(seconds / 3600)} hours` : seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`
