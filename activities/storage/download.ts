import { setTimeout as pause } from 'node:timers/promises'
import { CancelledFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { causeOf, type Cause } from '../../domain/errors.ts'
import { gib, GiB } from '../../domain/memory.ts'
import type { HostName } from '../../domain/names.ts'
import { rfc3339 } from '../../domain/names.ts'
import { DownloadBeat } from '../../domain/storage/download.ts'
import { failureOf, tellingLine } from '../../domain/storage/download-failure.ts'
import {
  bytesProbe,
  copyArgv,
  copyingDir,
  fetchArgv,
  fillingDir,
  homeProbe,
  jobProbe,
  readBegun,
  readBytes,
  readJob,
  stopArgv,
  stopLimit_s,
  type Begun,
} from '../../domain/storage/download-job.ts'
import { isStill, noProgress, progressed, type Progress } from '../../domain/storage/progress.ts'
import { readRepository, repositoryProbe } from '../../domain/storage/repository.ts'
import type { ActivityDeps } from '../deps.ts'
import { failure, withFailures } from '../failure.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { printed, tended, whole } from './host-work.ts'
import { tokenLine } from './token.ts'

export interface FetchJob {
  readonly host: HostName
  readonly repo: string
  /** Names this run of the workflow: a job of it that ended well is not begun again, one that was stopped neither. */
  readonly run: string
  readonly stallS: number
}
export interface CopyJob extends FetchJob {
  readonly to: HostName
}
/** What is known before the first byte. */
export interface DownloadPlan {
  readonly totalBytes: number | null
  readonly bytes: number
}

/** How a wait ended well. */
export interface Fetched {
  readonly bytes: number | null
  readonly tool: string | null
}

const lookEveryMs = 1_000
/** Beside the weights: a disk that is filled to the brim helps nobody. */
const spareBytes = 2 * GiB

export const createDownloadActivities = (deps: ActivityDeps) => ({
  /**
   * Asks Hugging Face from the host how large the repository is, and looks whether the disks have room. Fails with `gated_repo`, `repo_not_found`,
   * `hf_token_refused` or `disk_full`.
   */
  planDownload: ({ host, repo, weightsGib, copyTo }: Pick<FetchJob, 'host' | 'repo'> & { weightsGib: number | null; copyTo: readonly HostName[] }) =>
    withFailures(async (): Promise<DownloadPlan> => {
      const { settings, cluster } = deps.config.read()
      // A simulated host would ask from this very machine.
      const asks = cluster?.demo !== true || settings.hf_endpoint !== ''
      const { totalBytes, trouble } = asks ? await askHub(deps, host, repo) : { totalBytes: null, trouble: null }
      if (trouble !== null) throw failure(trouble)
      const size = totalBytes ?? (weightsGib === null ? null : weightsGib * GiB)
      const [here = 0] = await Promise.all([host, ...copyTo].map((one) => roomOn(deps, one, repo, size)))
      return { totalBytes, bytes: here }
    }),

  /** Begins the download on the host or finds it under way, and waits for its end. A cancel leaves the job to `stopJobs`. */
  fetchWeights: (job: FetchJob): Promise<Fetched> =>
    new Wait(deps, job, { phase: 'fetch', target: job.host, dir: fillingDir(deps.hosts.host(job.host), job.repo) }, async () => {
      const argv = fetchArgv(deps.hosts.host(job.host), job.repo, job.run, deps.config.read().settings.hf_endpoint)
      return readBegun(await tended(deps.hosts, job.host, argv, { stdin: await tokenLine(deps) }))
    }).ended(),

  /** The same for the way to another host. */
  copyWeights: (job: CopyJob): Promise<Fetched> =>
    new Wait(deps, job, { phase: 'copy', target: job.to, dir: copyingDir(deps.hosts.host(job.host), job.repo, job.to) }, async () => {
      const target = { ...deps.hosts.host(job.to), home: await printed(deps.hosts, job.to, homeProbe) }
      return readBegun(await tended(deps.hosts, job.host, copyArgv(deps.hosts.host(job.host), job.repo, job.run, target)))
    }).ended(),

  /** Ends what was begun on the host and proves it. Safe to repeat; what lies on the disks stays, and a later download goes on from it. */
  stopJobs: ({ host, repo, run, copyTo }: Pick<FetchJob, 'host' | 'repo' | 'run'> & { copyTo: readonly HostName[] }): Promise<void> =>
    withFailures(async () => {
      const at = deps.hosts.host(host)
      for (const dir of [fillingDir(at, repo), ...copyTo.map((to) => copyingDir(at, repo, to))]) await stopJob(deps, host, dir, run)
    }),
})

async function stopJob({ hosts }: ActivityDeps, host: HostName, dir: string, run: string): Promise<void> {
  const said = await tended(hosts, host, stopArgv(dir, run), { limit_s: stopLimit_s })
  if (said.trim() !== 'stopped') throw failure(causeOf('download_interrupted', `The download on ${host} could not be ended yet`))
}

async function askHub(deps: ActivityDeps, host: HostName, repo: string) {
  const argv = repositoryProbe(deps.hosts.host(host).hfCache, repo, deps.config.read().settings.hf_endpoint)
  return readRepository(repo, await printed(deps.hosts, host, argv, { stdin: await tokenLine(deps) }))
}

/** Bytes that are there already. Fails with `disk_full` where the rest does not fit. */
async function roomOn({ hosts }: ActivityDeps, host: HostName, repo: string, size: number | null): Promise<number> {
  const { bytes, free } = whole(host, readBytes(await printed(hosts, host, bytesProbe(hosts.host(host).hfCache, repo))))
  const needed = Math.max(0, (size ?? 0) - bytes) + spareBytes
  if (free !== null && free < needed) throw failure(causeOf('disk_full', `${host} has ${gib(free)} free, ${gib(needed)} are needed`))
  return bytes
}

/** What a wait is for: the host whose disk fills, and the job's folder on the host that runs it. */
interface About {
  readonly phase: 'fetch' | 'copy'
  readonly target: HostName
  readonly dir: string
}

/** One wait for a job on a host: it is begun or found, followed by its bytes, begun again once when it stands still. */
class Wait {
  readonly #deps: ActivityDeps
  readonly #job: FetchJob
  readonly #about: About
  readonly #begin: () => Promise<Begun | null>
  #progress: Progress = noProgress(performance.now())
  #tool: string | null = null
  #detail: string | null = null

  constructor(deps: ActivityDeps, job: FetchJob, about: About, begin: () => Promise<Begun | null>) {
    this.#deps = deps
    this.#job = job
    this.#about = about
    this.#begin = begin
    // An attempt before this one may have begun the job.
    const before = DownloadBeat.safeParse(activityInfo().heartbeatDetails)
    if (before.success) this.#tool = before.data.tool
  }

  /** Resolves with what is on the disk when the tool has ended well. */
  ended(): Promise<Fetched> {
    return withHeartbeats(
      () => heartbeat(this.#beat()),
      () => withFailures(() => this.#untilEnd()),
    )
  }

  async #untilEnd(): Promise<Fetched> {
    let stalls = 0
    for (;;) {
      const begun = await this.#begin()
      if (begun?.kind === 'ended') return { bytes: await this.#measured(), tool: this.#tool }
      if (begun?.kind === 'refused') throw failure(this.#refusal(begun.why))
      if (begun?.kind === 'started') this.#tool = begun.tool
      const before = this.#progress.bytes
      const end = await this.#follow()
      if (end === 'done') return { bytes: this.#progress.bytes, tool: this.#tool }
      if (end === 'gone') continue // somebody else's job that we waited for
      stalls = this.#progress.bytes !== before && before !== null ? 1 : stalls + 1
      await stopJob(this.#deps, this.#job.host, this.#about.dir, `stalled ${this.#job.run}`)
      if (stalls > 1) throw failure(causeOf('download_stalled', `No byte came to ${this.#about.target} for ${String(this.#job.stallS)} s, twice`))
      this.#detail = `no byte came for ${String(this.#job.stallS)} s: begun again`
      this.#progress = { ...this.#progress, grewAt: performance.now() }
    }
  }

  /** Until the job is over or stands still. Throws the failure that the tool's last words tell of. */
  async #follow(): Promise<'done' | 'gone' | 'still'> {
    const { hosts } = this.#deps
    const { host, repo, run, stallS } = this.#job
    const { dir, target } = this.#about
    for (;;) {
      const job = whole(host, readJob(await printed(hosts, host, jobProbe(dir))))
      const bytes = await this.#measured()
      if (bytes !== null) this.#progress = progressed(this.#progress, bytes, performance.now())
      if (job.run === run) this.#detail = tellingLine(job.words) ?? this.#detail
      if (!job.alive) {
        if (job.run !== run) return 'gone'
        if (job.exit === 0) return 'done'
        const where = this.#about.phase === 'fetch' ? `${repo} on ${host}` : `${repo} from ${host} to ${target}`
        throw failure(failureOf(this.#about.phase, job.exit, job.words, where))
      }
      if (isStill(this.#progress, performance.now(), stallS * 1000)) return 'still'
      await pause(lookEveryMs, undefined, { signal: cancellationSignal() }).catch(() => {
        throw new CancelledFailure('the download was cancelled')
      })
    }
  }

  async #measured(): Promise<number | null> {
    const { hosts } = this.#deps
    const { target } = this.#about
    return readBytes(await printed(hosts, target, bytesProbe(hosts.host(target).hfCache, this.#job.repo)))?.bytes ?? null
  }

  #refusal(why: Extract<Begun, { kind: 'refused' }>['why']): Cause {
    const { host } = this.#job
    switch (why) {
      case 'unwritable':
        return causeOf('fence_unwritable', `The state directory on ${host} cannot be written`)
      case 'full':
        return causeOf('disk_full', `The cache on ${host} cannot be written`)
      case 'stopped':
        return causeOf('cancelled')
      case 'tool':
        return this.#about.phase === 'fetch'
          ? causeOf('download_tool_missing', `Neither hf nor uvx nor hf-download.sh is on ${host}`)
          : causeOf('copy_failed', `rsync is not on ${host}`)
    }
  }

  #beat(): DownloadBeat {
    const { bytes, bytesPerS, grewAt } = this.#progress
    const stillMs = performance.now() - grewAt
    return {
      ...{ download_phase: this.#about.phase, target: this.#about.target, tool: this.#tool, detail: this.#detail },
      ...{ bytes, bytes_per_s: bytesPerS },
      still_since: stillMs < 10_000 ? null : rfc3339(Date.now() - stillMs),
    }
  }
}
