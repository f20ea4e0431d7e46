// What TypeScript may know of the bootstrap: its modules are plain JavaScript, because they run before there is anything else.

declare module '*/bootstrap/lock.mjs' {
  interface LockHolder {
    pid: number
    since: string | null
  }
  export function tryLock(path: string): { release: () => void; holder: null } | { release: null; holder: LockHolder }
  export function withLock<T>(path: string, work: () => Promise<T>, onWait?: (holder: LockHolder) => void): Promise<T>
}

declare module '*/bootstrap/temporal-cli.mjs' {
  export const TEMPORAL_VERSION: string
  export function findTemporalCli(env?: NodeJS.ProcessEnv): Promise<{ path: string | null; tried: string[] }>
}

declare module '*/bootstrap/places.mjs' {
  export function cacheFolder(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): string
  export function onPath(name: string, env?: NodeJS.ProcessEnv): string[]
}
