/** One press of Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const samePressMs = 300
const lookForNpmEveryMs = 1_000

/**
 * Calls `gently` at the first request to end (Ctrl-C, SIGTERM, the end of the terminal or of the npm that runs us) and `atOnce` when a person
 * asks again. The handlers stay for the life of the process.
 */
export function onEndRequests(gently: () => void, atOnce: () => void): void {
  let firstAt: number | null = null
  const first = (): void => {
    if (firstAt !== null) return
    firstAt = performance.now()
    gently()
  }
  const asked = (): void => {
    if (firstAt !== null && performance.now() - firstAt > samePressMs) atOnce()
    else first()
  }
  process.on('SIGINT', asked)
  process.on('SIGTERM', asked)
  process.on('SIGHUP', first) // a terminal that closes sends several, with no person behind them
  if (process.env['npm_lifecycle_event'] !== undefined) whenParentIsGone(first)
}

/** npm killed with SIGKILL passes nothing on; its end shows only in that we have another parent. */
function whenParentIsGone(tell: () => void): void {
  const npm = process.ppid
  const look = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(look)
    tell()
  }, lookForNpmEveryMs)
  look.unref()
}
