import { z } from 'zod'
import { SshUser } from '../cluster.ts'
import { ContainerName, HostName, oneLine } from '../names.ts'
import { serviceKinds, type ServiceKind } from './kinds.ts'

/** A service's name: one word, also part of addresses and of DISABLED_SERVICES. */
export const ServiceName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dots, dashes and underscores, at most 64')
export const KindName = z.enum(Object.keys(serviceKinds) as [ServiceKind, ...ServiceKind[]]) // keys of a table that has rows

/** A service in services.yaml and services-overrides.yaml. An override says what changes; of a new service it says all. */
export const ServiceEntry = z.strictObject({
  name: ServiceName,
  kind: KindName.optional(),
  /** A host of cluster.yaml; or `address`, of any machine. */
  host: HostName.optional(),
  address: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,255}$/, 'an IP address or a host name')
    .optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** What a probe asks for, in place of the kind's own. */
  path: z
    .string()
    .regex(/^\/[!-~]{0,499}$/, 'a path that starts with / and has no spaces')
    .optional(),
  scheme: z.enum(['http', 'https']).optional(),
  /** Its container on `host`, so that it can be restarted. */
  container: ContainerName.optional(),
  /** Who restarts it there, where that is not the host's own user. */
  ssh_user: SshUser.optional(),
  enabled: z.boolean().optional(),
  /** A file with its key: absolute, or beside services-overrides.yaml. */
  api_key_file: z
    .string()
    .regex(/^[^\p{Cc}]{1,500}$/u, 'a file name')
    .optional(),
  description: oneLine(200).optional(),
})
export type ServiceEntry = z.infer<typeof ServiceEntry>

export const ServicesFile = z.strictObject({ services: z.array(z.unknown()).max(200).nullish() })

/** A service with all its defaults filled in. */
export interface Service {
  readonly name: string
  readonly kind: ServiceKind
  /** Of cluster.yaml; null for one that runs elsewhere. */
  readonly host: HostName | null
  readonly address: string
  readonly port: number
  readonly path: string | null
  readonly scheme: 'http' | 'https'
  readonly container: ContainerName | null
  /** null: the host's own user. */
  readonly sshUser: string | null
  readonly apiKeyFile: string | null
  readonly description: string | null
}

/** Where it listens, without a path; `tcp://…` for what is asked nothing. */
export const originOf = ({ kind, scheme, address, port }: Service): string =>
  `${kind === 'tcp' ? 'tcp' : scheme}://${address.includes(':') ? `[${address}]` : address}:${String(port)}`
