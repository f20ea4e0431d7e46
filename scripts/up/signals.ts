/** One press of Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const samePressMs = 300

/**
 * Calls `gently` at the first request to end (Ctrl-C, SIGTERM, the terminal's end) and `atOnce` when it is asked again.
 * The handlers stay for the life of the process.
 */
export function onEndRequests(gently: () => void, atOnce: () => void): void {
  let firstAt: number | null = null
  const asked = (): void => {
    const now = performance.now()
    if (firstAt === null) {
      firstAt = now
      gently()
    } else if (now - firstAt > samePressMs) atOnce()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, asked)
}
