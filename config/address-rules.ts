import { networkInterfaces } from 'node:os'
import type { AddressRules } from '../domain/webhooks/address-policy.ts'
import type { Settings } from '../domain/settings.ts'

/** What webhooks may connect to from this machine: nothing of this program may be made to call another part of it. `temporal` is the host:port that is connected to. */
export const addressRules = (settings: Settings, temporal: string): AddressRules => ({
  allowLoopback: settings.webhook_allow_loopback,
  ownPorts: [settings.temporal_port, settings.temporal_ui_port, portOf(settings.listen), portOf(temporal)].filter((port) => port > 0),
  ownAddresses: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
})

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0)
