// How long work is shown: one moving line on a terminal, a line now and then in a log.
const QUIET_MS = 15_000

/** `update(text)` may be called as often as one likes; `done(text)` ends the line. */
export function progressLine(stream = process.stderr) {
  let lastShown = 0
  return {
    update(text) {
      const now = Date.now()
      if (stream.isTTY && now - lastShown >= 100) stream.write(`\r\x1b[2K${text}`)
      else if (!stream.isTTY && now - lastShown >= QUIET_MS) stream.write(`${text}\n`)
      else return
      lastShown = now
    },
    done(text) {
      stream.write(stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`)
    },
  }
}

/** `[#####-----]  50 %  20.0 of 40.0 MB`; without a known total only what has come. */
export function bar(bytes, total) {
  const megabytes = (n) => (n / 1e6).toFixed(1)
  if (!total) return `${megabytes(bytes)} MB`
  const share = Math.min(1, bytes / total)
  const filled = Math.round(share * 30)
  return `[${'#'.repeat(filled)}${'-'.repeat(30 - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${megabytes(bytes)} of ${megabytes(total)} MB`
}
