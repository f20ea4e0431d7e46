import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../scripts/free-port.ts'

/** A demo instance of its own: a fresh data directory in the temporary folder, and ports that nobody has. */
export interface Instance {
  readonly dataDir: string
  readonly port: number
  readonly url: string
  readonly temporalAddress: string
  /** The whole environment for its processes: nothing of the developer's own settings is in it. */
  readonly env: NodeJS.ProcessEnv
  /** Removes the data directory; call when nothing runs on it any more. */
  remove(): Promise<void>
}

const foreign = /^(SPARK_|TEMPORAL_|VLLM_|ALLOWED_HOSTS$|DISABLED_SERVICES$|HF_|NODE_OPTIONS$)/

export async function newInstance(): Promise<Instance> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spark-bench-'))
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()]
  const own = {
    SPARK_DATA_DIR: dataDir,
    SPARK_LISTEN: `127.0.0.1:${port}`,
    SPARK_DEMO: '1',
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
  }
  return {
    dataDir,
    port,
    url: `http://127.0.0.1:${port}`,
    temporalAddress: `127.0.0.1:${temporalPort}`,
    env: { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))), ...own },
    remove: () => rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  }
}
