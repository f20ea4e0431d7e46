import { loadClientConnectConfig } from '@temporalio/envconfig'
import type { Settings } from '../domain/settings.ts'

export interface TemporalTarget {
  /** For `Connection.connect` and `NativeConnection.connect` alike. */
  readonly connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & { address: string }
  readonly namespace: string
}

/**
 * Which Temporal to talk to. Temporal's own environment names decide (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…); without
 * TEMPORAL_ADDRESS it is the embedded server. A profile file in the user's home is read only when TEMPORAL_CONFIG_FILE or TEMPORAL_PROFILE asks for it:
 * it must not send a home set-up to somebody's cloud by surprise.
 */
export function temporalTarget(env: Readonly<Record<string, string | undefined>>, settings: Settings): TemporalTarget {
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''))
  const disableFile = given['TEMPORAL_CONFIG_FILE'] === undefined && given['TEMPORAL_PROFILE'] === undefined
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: given, disableFile })
  const address = connectionOptions.address ?? `127.0.0.1:${String(settings.temporal_port)}`
  return { connectionOptions: { ...connectionOptions, address }, namespace: namespace ?? 'default' }
}
