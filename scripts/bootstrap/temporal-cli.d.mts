export const TEMPORAL_VERSION: string
export function cachedCli(env?: NodeJS.ProcessEnv): string
export function findTemporalCli(env?: NodeJS.ProcessEnv): Promise<{ path: string | null; tried: string[] }>
export function checkCli(path: string, env?: NodeJS.ProcessEnv): Promise<string | null>
