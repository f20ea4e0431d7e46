import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asClosedDownload,
  DownloadId,
  downloadIdOf,
  downloadsFor,
  startedDownload,
  withBeat,
  type DownloadBeat,
} from '../../../domain/storage/download.ts'
import { failureOf, tellingLine } from '../../../domain/storage/download-failure.ts'
import { readBegun, readBytes, readJob } from '../../../domain/storage/download-job.ts'
import { usedThere } from '../../../domain/storage/disk.ts'
import { isStill, noProgress, progressed } from '../../../domain/storage/progress.ts'
import { readRepository } from '../../../domain/storage/repository.ts'

describe('why a download ended is read from the last words of its tool', () => {
  test.each([
    [
      'huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1)\n\nCannot access gated repo for url https://huggingface.co/a/b.\nAccess to model a/b is restricted.',
      'gated_repo',
    ],
    ['Error: 403 Forbidden: Your request to access this repository is awaiting a review from the repo authors.', 'gated_repo'],
    [
      'huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error. (Request ID: Root=1)\n\nRepository Not Found for url: https://x',
      'repo_not_found',
    ],
    ['huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error.', 'repo_not_found'],
    ['huggingface_hub.errors.HfHubHTTPError: 401 Client Error: Unauthorized. Invalid user token.', 'hf_token_refused'],
    ["OSError: [Errno 28] No space left on device: 'abc'", 'disk_full'],
    ['requests.exceptions.ConnectionError: Max retries exceeded with url: /api', 'download_interrupted'],
    ['socket.gaierror: [Errno -3] Temporary failure in name resolution', 'download_interrupted'],
    ['huggingface_hub.errors.HfHubHTTPError: 503 Server Error: Service Unavailable', 'download_interrupted'],
    ['huggingface_hub.errors.HfHubHTTPError: 429 Client Error: Too Many Requests', 'download_interrupted'],
    ['TypeError: something new', 'download_failed'],
  ])('%s', (words, code) => {
    expect(failureOf('fetch', 1, words, 'a/b on spark-1').code).toBe(code)
  })

  test('one that was killed, or whose host went down, was interrupted', () => {
    expect(failureOf('fetch', null, '', 'a/b on spark-1').code).toBe('download_interrupted')
    expect(failureOf('fetch', 137, 'Killed', 'a/b on spark-1').code).toBe('download_interrupted')
    expect(failureOf('fetch', 127, 'sh: hf: not found', 'a/b on spark-1').code).toBe('download_tool_missing')
  })

  test.each([
    ['Host key verification failed.\nrsync: connection unexpectedly closed (0 bytes received so far)', 255, 'copy_failed'],
    ['spark@10.0.0.2: Permission denied (publickey).', 255, 'copy_failed'],
    ['rsync: connection unexpectedly closed (0 bytes received so far) [sender]', 12, 'download_interrupted'],
    ['rsync: write failed on "/x": No space left on device (28)', 11, 'disk_full'],
    ['rsync error: syntax or usage error (code 1)', 1, 'copy_failed'],
  ])('of a copy: %s', (words, exit, code) => {
    expect(failureOf('copy', exit, words, 'a/b').code).toBe(code)
  })

  test('the telling line is the last that says something, without a token', () => {
    expect(tellingLine('one\n\rtwo hf_abcdefghijkl\n\n')).toBe('two hf_…')
    expect(tellingLine('')).toBeNull()
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/\p{Cc}/u.test(tellingLine(text) ?? '')))
  })
})

describe('what Hugging Face says of a repository', () => {
  const answer = (status: number, body: unknown): string => `${typeof body === 'string' ? body : JSON.stringify(body)}\nhttp ${String(status)}\n`
  test('its files make its size', () => {
    expect(
      readRepository(
        'a/b',
        answer(200, {
          siblings: [
            { rfilename: 'a', size: 3 },
            { rfilename: 'b', size: 4 },
          ],
        }),
      ),
    ).toEqual({ totalBytes: 7, trouble: null })
  })
  test.each([
    [401, 'Repository not found', 'repo_not_found'],
    [404, '', 'repo_not_found'],
    [401, '{"error":"Invalid credentials in Authorization header"}', 'hf_token_refused'],
    [403, '', 'gated_repo'],
  ])('%i %s: %s', (status, body, code) => {
    expect(readRepository('a/b', answer(status, body)).trouble?.code).toBe(code)
  })
  test('silence, other answers and sizes that are missing say nothing', () => {
    for (const text of [
      '',
      'http 000\n',
      answer(0, ''),
      answer(500, 'oops'),
      answer(200, 'no json'),
      answer(200, { siblings: [{ rfilename: 'a' }] }),
    ])
      expect(readRepository('a/b', text)).toEqual({ totalBytes: null, trouble: null })
    fc.assert(fc.property(fc.string(), (text) => readRepository('a/b', text).trouble === null || /\nhttp 40/.test(text)))
  })
})

test('bytes stand still when none came for long enough, and a file begun anew is no growth', () => {
  const first = progressed(noProgress(0), 100, 1_000)
  expect([isStill(first, 10_999, 10_000), isStill(first, 11_000, 10_000)]).toEqual([false, true])
  expect(isStill(progressed(first, 50, 9_000), 11_000, 10_000)).toBe(true)
  expect(isStill(progressed(first, 101, 9_000), 11_000, 10_000)).toBe(false)
  expect(progressed(first, 3_100, 4_000).bytesPerS).toBe(1_000)
  const steps = fc.array(fc.record({ bytes: fc.nat(), later: fc.nat(60_000) }), { maxLength: 30 })
  fc.assert(
    fc.property(steps, (looks) => {
      let [now, at] = [0, noProgress(0)]
      for (const { bytes, later } of looks) {
        now += later
        at = progressed(at, bytes, now)
      }
      return (at.bytesPerS ?? 0) >= 0 && at.grewAt <= now && at.seen.every((one) => now - one.at <= 15_000)
    }),
  )
})

test('who downloads, and where it is copied to', () => {
  expect(downloadsFor(['a', 'b'], {})).toEqual([{ host: 'a', copyTo: ['b'] }])
  expect(downloadsFor(['a', 'b'], { copy_to: [] })).toEqual([{ host: 'a', copyTo: [] }])
  expect(downloadsFor(['a', 'b'], { hosts: ['c', 'd', 'c'] })).toEqual([
    { host: 'c', copyTo: [] },
    { host: 'd', copyTo: [] },
  ])
  expect(downloadsFor(['a'], { hosts: ['c', 'd'], copy_to: ['d', 'c', 'd'] })).toEqual([{ host: 'c', copyTo: ['d'] }])
})

const record = startedDownload({ model: 'mine', repo: 'org/name', host: 'spark-1', holder: 'Ada' }, ['spark-2'], 0)
const beat: DownloadBeat = { download_phase: 'fetch', target: 'spark-1', bytes: 5, bytes_per_s: 1, still_since: null, tool: 'hf', detail: null }

test('a record tells what its activity last saw, unless it has ended or is in another phase', () => {
  expect(withBeat({ ...record, phase: 'fetch' }, beat)).toMatchObject({ bytes: 5, tool: 'hf' })
  expect(withBeat({ ...record, phase: 'copy', bytes: 9 }, { ...beat, download_phase: 'copy', target: 'spark-2' })).toMatchObject({
    bytes: 9,
    copies: [{ host: 'spark-2', bytes: 5 }],
  })
  expect(withBeat(record, beat)).toBe(record)
  const done = { ...record, state: 'done', phase: null } as const
  expect(withBeat(done, beat)).toBe(done)
  expect(asClosedDownload(record, 'RUNNING', null)).toBe(record)
  expect(asClosedDownload(record, 'TERMINATED', 1_000)).toMatchObject({ state: 'done', outcome: 'failed', cause: { code: 'terminated' } })
})

test('an id names host and repository', () => {
  expect(DownloadId.safeParse(downloadIdOf('spark-1', 'Qwen/Qwen3-30B-A3B')).success).toBe(true)
  for (const other of ['', 'spark-1', 'spark-1~a', '../x~a--b', "x'~a--b"]) expect(DownloadId.safeParse(other).success).toBe(false)
})

describe('weights are in use', () => {
  const nobody = { deployments: [], active: [], queue: [] }
  const repoOf = (key: string): string | null => ({ mine: 'org/name', twin: 'org/name', other: 'org/other' })[key] ?? null
  const used = (users: Partial<Parameters<typeof usedThere>[2]>) => usedThere('org/name', 'spark-1', { ...nobody, ...users }, repoOf)
  test.each<[string, Partial<Parameters<typeof usedThere>[2]>, RegExp]>([
    ['by a model that is loaded there', { deployments: [{ model: 'mine', hosts: ['spark-1'], snapshot: null }] }, /mine is loaded/],
    ['by another key with the same repository', { deployments: [{ model: 'twin', hosts: ['spark-1'], snapshot: null }] }, /twin is loaded/],
    [
      'by what was launched, whatever the catalog says now',
      { deployments: [{ model: 'gone', hosts: ['spark-1'], snapshot: { repo: 'org/name' } }] },
      /gone is loaded/,
    ],
    ['perhaps, where nobody knows what is loaded', { deployments: [{ model: null, hosts: ['spark-1'], snapshot: null }] }, /not known/],
    ['by a swap under way', { active: [{ model: 'mine', affectedHosts: ['spark-1'] }] }, /swap to mine/],
    ['by a swap in the queue', { queue: [{ model: 'mine', hosts: ['spark-1'] }] }, /swap to mine/],
  ])('%s', (_what, users, words) => {
    expect(used(users)).toMatch(words)
  })
  test('by nobody else', () => {
    expect(
      used({
        deployments: [
          { model: 'mine', hosts: ['spark-2'], snapshot: null },
          { model: 'other', hosts: ['spark-1'], snapshot: { repo: 'org/other' } },
        ],
      }),
    ).toBeNull()
  })
})

test('whatever a host prints of a job is read without throwing', () => {
  const text = fc.string({
    unit: fc.constantFrom('alive yes\n', 'alive no\n', 'exit 0\n', 'run a\n', 'out\n', 'bytes 1\n', 'started', 'refused tool', '\n', 'x '),
  })
  fc.assert(
    fc.property(text, (printed) => {
      readBegun(printed)
      readBytes(printed)
      const job = readJob(printed)
      return job === null || printed.includes('out\n')
    }),
  )
})
