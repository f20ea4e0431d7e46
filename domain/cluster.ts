import { z } from 'zod'
import { dockerArgumentsTrouble } from './launchers/mark-trouble.ts'
import { ClusterId, ContainerName, HostName } from './names.ts'

const Port = z.int().min(1).max(65_535)
const HostPath = z
  .string()
  .max(500)
  .regex(/^(~|\/)[^\p{Cc}'"$`\\]*$/u, 'a path on the host that starts with / or ~')

const Address = z.string().regex(/^[A-Za-z0-9.:-]{1,255}$/, 'an IP address or a host name')
/** One network interface, or several with commas between them. */
const Interface = z.string().regex(/^[A-Za-z0-9_.,:-]{1,100}$/, 'the name of a network interface')

export const SshUser = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}\$?$/i, 'a user name')

const DockerArguments = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    const message = dockerArgumentsTrouble(text)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

const HostEntry = z.strictObject({
  name: HostName,
  address: Address,
  port: Port.default(22),
  user: SshUser.default('spark'),
  vllm_port: Port.optional(),
  /** Where the fence and the step marker live (ARBITER.md F1). */
  state_dir: HostPath.default('/var/lib/spark-control'),
  /** Where spark-vllm-docker was cloned. */
  launcher_dir: HostPath.default('~/spark-vllm-docker'),
  hf_cache: HostPath.default('~/.cache/huggingface'),
  /** The model container there, where it differs from settings.vllm_container. */
  container: ContainerName.optional(),
  /** In place of settings.extra_docker_args. */
  extra_docker_args: DockerArguments.optional(),
  /** Where the other Sparks of a two-host model reach it: its address on the fast link. */
  fabric_address: Address.optional(),
  eth_if: Interface.optional(),
  ib_if: Interface.optional(),
  /** Local models may only lie below these folders. */
  model_roots: z.array(HostPath).min(1).max(16).default(['~', '/models', '/data', '/mnt', '/srv', '/opt']),
})

/** The strict part of cluster.yaml. Its softer part, `settings`, is read by domain/settings.ts, where a bad value falls back to the default. */
export const ClusterFile = z
  .strictObject({
    cluster_id: ClusterId,
    hosts: z.array(HostEntry).min(1).max(16),
    default_placement: z.array(HostName).min(1).optional(),
    settings: z.record(z.string(), z.unknown()).nullish(),
    /** Each for itself is judged by config/webhooks.ts: a bad one must not take the cluster with it. */
    webhooks: z.array(z.unknown()).nullish(),
  })
  .superRefine((file, context) => {
    const names = file.hosts.map((host) => host.name)
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i) context.addIssue({ code: 'custom', path: ['hosts', i, 'name'], message: `two hosts are called ${name}` })
    })
    file.default_placement?.forEach((name, i) => {
      if (!names.includes(name)) context.addIssue({ code: 'custom', path: ['default_placement', i], message: `no host is called ${name}` })
    })
  })

/** A host as every room sees it, all defaults filled in. */
export const Host = z.object({
  name: HostName,
  address: z.string(),
  port: z.number(),
  user: z.string(),
  vllmPort: z.number(),
  stateDir: z.string(),
  launcherDir: z.string(),
  hfCache: z.string(),
  container: ContainerName.nullable(),
  extraDockerArgs: z.string().nullable(),
  fabricAddress: z.string().nullable(),
  ethIf: z.string().nullable(),
  ibIf: z.string().nullable(),
  modelRoots: z.array(z.string()).min(1),
})
export type Host = z.infer<typeof Host>

export const Cluster = z.object({
  clusterId: ClusterId,
  demo: z.boolean(),
  hosts: z.array(Host).min(1),
  defaultPlacement: z.array(HostName).min(1),
  container: ContainerName,
})
export type Cluster = z.infer<typeof Cluster>

export const baseUrlOf = (host: Pick<Host, 'address' | 'vllmPort'>): string =>
  `http://${host.address.includes(':') ? `[${host.address}]` : host.address}:${String(host.vllmPort)}`
