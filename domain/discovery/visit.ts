import { z } from 'zod'
import { HostDiscovery } from './discovery.ts'

/** A machine as a person names it. */
export const HostAddress = z.strictObject({
  address: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9.:-]{1,255}$/, 'an IP address or a host name')
    .meta({ examples: ['192.168.1.11'] }),
  user: z
    .string()
    .trim()
    .regex(/^[a-z_][a-z0-9_.-]{0,31}\$?$/i, 'the name of a user on the host')
    .default('spark'),
  port: z.coerce.number().int().min(1).max(65_535).default(22),
})
export type HostAddress = z.infer<typeof HostAddress>

/** Body of `POST /api/hosts/discover`. Nothing is done on the host before its fingerprint is pinned; given here, it is pinned now. */
export const DiscoverBody = HostAddress.extend({
  fingerprint: z
    .string()
    .trim()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'as it was shown: SHA256:…')
    .optional(),
})
export type DiscoverBody = z.infer<typeof DiscoverBody>

export const HostKeyShown = z.object({
  type: z.string(),
  fingerprint: z.string(),
  /** Fingerprints that are pinned now; another one than the shown means that the host changed, or that someone is in between. */
  pinned: z.array(z.string()),
  /** Prints the same at the host itself. */
  compare_with: z.string(),
})
export type HostKeyShown = z.infer<typeof HostKeyShown>

/** How the host lets our key in. */
export const LoginFix = z.object({
  /** On the host. */
  file: z.string(),
  line: z.string(),
  /** Does the same from this machine, where a password is enough. */
  command: z.string(),
})
export type LoginFix = z.infer<typeof LoginFix>

/** How a visit ended. */
export const VisitEnd = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unreachable'), message: z.string(), advice: z.string() }),
  z.object({ state: z.literal('confirm_host_key'), message: z.string(), host_key: HostKeyShown }),
  z.object({ state: z.literal('login_refused'), message: z.string(), login: LoginFix }),
  z.object({ state: z.literal('found'), discovery: HostDiscovery }),
])
export type VisitEnd = z.infer<typeof VisitEnd>

const visitSteps = ['host_key', 'login', 'look', 'ports'] as const
export const VisitStep = z.enum(visitSteps)
export type VisitStep = z.infer<typeof VisitStep>

/** In plain words, for whoever waits. */
export const stepWords: Readonly<Record<VisitStep, string>> = {
  host_key: 'looking at its host key',
  login: 'logging in',
  look: 'looking what is there (15 s at most)',
  ports: 'asking the ports that answer',
}

/** Heartbeat of a visit. */
export const VisitBeat = z.object({ step: VisitStep })

/** A host whose state directory is to be made. */
export const PrepareHost = HostAddress.extend({ name: z.string(), state_dir: z.string() })
export type PrepareHost = z.infer<typeof PrepareHost>

/** Whether the fence has its place on that host. */
export const Prepared = z.object({ name: z.string(), ready: z.boolean(), message: z.string() })
export type Prepared = z.infer<typeof Prepared>
