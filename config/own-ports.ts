import type { Settings } from '../domain/settings.ts'

/** Ports that our own parts listen on: nothing of this program may be made to call another by way of a webhook. `temporal` is the address that is connected to. */
export const ownPorts = (settings: Settings, temporal: string): number[] =>
  [settings.temporal_port, settings.temporal_ui_port, portOf(settings.listen), portOf(temporal)].filter((port) => port > 0)

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0)
