import { kindOf } from '../services/kinds.ts'
import { ServiceName } from '../services/service.ts'
import type { NamedHost } from './propose-hosts.ts'
import type { Existing } from './propose.ts'
import type { ProposedEntry } from './proposal.ts'

/** Services for services-overrides.yaml: what answers on the hosts beside the models, a second engine included. */
export function proposeServices(hosts: readonly NamedHost[], { services }: Existing): ProposedEntry[] {
  const names = new Set(services.map(({ name }) => name))
  return hosts.flatMap(({ name: host, found, main }) => {
    const others = found.engines
      .filter((engine) => engine !== main && engine.port !== null)
      .map(({ container, port }) => ({
        kind: 'vllm' as const,
        port: port ?? 0,
        container,
        because: `container ${container} is a second vLLM`,
        loopback_only: false,
      }))
    return [...others, ...found.services].flatMap((service): ProposedEntry[] => {
      if (services.some((one) => one.host === host && one.port === service.port)) return []
      const { kind, port, container } = service
      const name = freeName(container ?? kind, host, port, names)
      names.add(name)
      const vague = kind === 'http' || kind === 'tcp'
      return [
        {
          id: `service:${name}`,
          file: 'services-overrides.yaml',
          title: `${name}: ${kindOf(kind).about}, on ${host} port ${port}`,
          value: { name, kind, host, ...(port === kindOf(kind).port ? {} : { port }), ...(container === null ? {} : { container }) },
          because: `port ${port} of ${host}: ${service.because}`,
          sources: {},
          ticked: !vague && !service.loopback_only,
          state: 'new',
          note: service.loopback_only
            ? 'it listens on the host’s own loopback: from here it cannot be watched'
            : vague
              ? 'nobody knows what it is'
              : null,
        },
      ]
    })
  })
}

function freeName(wish: string, host: string, port: number, names: ReadonlySet<string>): string {
  const words = wish
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 40)
  const plain = ServiceName.safeParse(words).success ? words : 'service'
  const all = [plain, `${plain}-${host}`.slice(0, 64), `${plain}-${port}`, ...Array.from({ length: 100 }, (_, n) => `${plain}-${port}-${n + 2}`)]
  return all.find((name) => !names.has(name)) ?? `service-${host}-${port}`.slice(0, 64)
}
