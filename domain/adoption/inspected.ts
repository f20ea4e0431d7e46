import { z } from 'zod'

const Texts = z.array(z.string()).nullish()

/** What of `docker inspect` tells how a container was started. Fields that some version leaves out are null, never an error. */
export const Inspected = z.object({
  Name: z.string().transform((name) => name.replace(/^\//, '')),
  Path: z.string().default(''),
  Args: Texts,
  Image: z.string().default(''),
  Config: z.object({ Image: z.string(), Env: Texts, Labels: z.record(z.string(), z.string()).nullish(), User: z.string().nullish() }),
  State: z.object({ Running: z.boolean().default(false) }).nullish(),
  Mounts: z
    .array(
      z.object({
        Type: z.string().nullish(),
        Name: z.string().nullish(),
        Source: z.string().default(''),
        Destination: z.string(),
        RW: z.boolean().default(true),
      }),
    )
    .nullish(),
  HostConfig: z
    .object({
      NetworkMode: z.string().nullish(),
      PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string().nullish() })).nullish()).nullish(),
      AutoRemove: z.boolean().nullish(),
      Privileged: z.boolean().nullish(),
      Ulimits: z.array(z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() })).nullish(),
      CapAdd: Texts,
      SecurityOpt: Texts,
      Memory: z.number().nullish(),
      RestartPolicy: z.object({ Name: z.string().nullish() }).nullish(),
    })
    .nullish(),
})
export type Inspected = z.infer<typeof Inspected>

/** The first process of the container: entry point and command as docker joined them. */
export const firstProcess = ({ Path, Args }: Inspected): readonly string[] => [Path, ...(Args ?? [])]

/** The port on the host behind which a port of the container is; the same one where the container has the host's network. */
export function publishedPort({ HostConfig }: Inspected, port: number): number | null {
  const bindings = HostConfig?.PortBindings ?? {}
  const bound = bindings[`${String(port)}/tcp`]?.[0]?.HostPort
  if (bound !== null && bound !== undefined && /^\d{1,5}$/.test(bound)) return Number(bound)
  return HostConfig?.NetworkMode === 'host' ? port : null
}
