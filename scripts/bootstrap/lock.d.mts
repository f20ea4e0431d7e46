export interface LockHolder {
  pid: number
  since: string | null
}
export type LockAttempt = { release: () => void; holder: null } | { release: null; holder: LockHolder }
export function tryLock(path: string): LockAttempt
export function withLock<T>(path: string, work: () => Promise<T>, onWait?: (holder: LockHolder) => void): Promise<T>
