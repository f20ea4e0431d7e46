// The official archive of the Temporal CLI, or a mirror of it.
import { extractFile } from './archive.mjs'
import { bar, progressLine } from './progress.mjs'
import { TEMPORAL_VERSION } from './temporal-cli.mjs'

const STALL_MS = 30_000
const PLATFORMS = { linux: 'linux', darwin: 'darwin' }
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' }

/** Where the archive for this machine is; null when there is none. SPARK_TEMPORAL_MIRROR replaces the official host. */
function archiveUrl(env = process.env, platform = process.platform, arch = process.arch) {
  if (!PLATFORMS[platform] || !ARCHITECTURES[arch]) return null
  const base = (env.SPARK_TEMPORAL_MIRROR || 'https://temporal.download').replace(/\/+$/, '')
  return `${base}/cli/archive/v${TEMPORAL_VERSION}?platform=${PLATFORMS[platform]}&arch=${ARCHITECTURES[arch]}`
}

/** Downloads and unpacks the CLI to `destination`. Throws with the reason in plain words; nothing is to be trusted there before its version was asked. */
export async function downloadCli(destination, env = process.env) {
  const url = archiveUrl(env)
  if (url === null) throw new Error(`there is no archive for ${process.platform} on ${process.arch}`)
  const stall = new AbortController()
  let timer = setTimeout(() => stall.abort(), STALL_MS)
  try {
    const answer = await fetch(url, { signal: stall.signal })
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
    const total = Number(answer.headers.get('content-length')) || 0
    const line = progressLine()
    const label = `Downloading the Temporal CLI ${TEMPORAL_VERSION}`
    let bytes = 0
    async function* watched() {
      for await (const chunk of answer.body) {
        clearTimeout(timer)
        timer = setTimeout(() => stall.abort(), STALL_MS)
        bytes += chunk.length
        line.update(`${label} ${bar(bytes, total)}`)
        yield chunk
      }
    }
    await extractFile(watched(), 'temporal', destination)
    line.done(`${label}: ${bar(bytes, total)}`)
  } catch (error) {
    throw new Error(`${url}: ${reason(error, stall.signal.aborted)}`)
  } finally {
    clearTimeout(timer)
  }
}

function reason(error, stalled) {
  if (stalled) return `nothing came for ${STALL_MS / 1000} s`
  // fetch hides what happened (no such host, refused, bad certificate) behind "fetch failed"
  return error.cause?.message || error.cause?.code || error.message
}
