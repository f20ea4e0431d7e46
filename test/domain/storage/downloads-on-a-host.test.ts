import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Argv } from '../../../domain/names.ts'
import { deletionArgv, deletionExits, planProbe, readPlan } from '../../../domain/storage/deletion.ts'
import {
  bytesProbe,
  copyArgv,
  fetchArgv,
  fillingDir,
  jobProbe,
  readBegun,
  readBytes,
  readJob,
  stopArgv,
  type JobLook,
} from '../../../domain/storage/download-job.ts'
import { spark1 } from '../launchers/sample.ts'
import { diskWith } from './on-a-disk.ts'

/** A tool that writes what it was given, waits for a file, and ends as it is told. */
const tool = `#!/bin/sh
repo=$HF_HOME/hub/models--org--name
mkdir -p "$repo/blobs"
printf '%s|%s|%s\\n' "$*" "\${HF_TOKEN_PATH:+$(cat "$HF_TOKEN_PATH")}" "$HF_ENDPOINT" >>"$HOME/calls"
printf 'half' >>"$repo/blobs/a.incomplete"
echo 'Fetching 1 file'
while [ ! -e "$HOME/go" ]; do sleep 0.05; done
exit "$(cat "$HOME/go")"
`

function host(more: Readonly<Record<string, string>> = {}) {
  const disk = diskWith({ 'home/.local/bin/hf': tool, 'home/hub/.keep': '', 'state/.keep': '', ...more })
  chmodSync(join(disk.dir, 'home/.local/bin/hf'), 0o755)
  const at = { ...spark1, stateDir: `${disk.dir}/state`, hfCache: '~', launcherDir: `${disk.dir}/launcher` }
  const env = { PATH: process.env['PATH'], HOME: join(disk.dir, 'home') }
  const ran = (argv: Argv, input = '') => spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8', env, input })
  const dir = fillingDir(at, 'org/name')
  onTestFinished(() => void ran(stopArgv(dir, 'the test ends')))
  const begin = (run: string, token = '') => readBegun(ran(fetchArgv(at, 'org/name', run, 'http://mirror'), `${token}\n`).stdout)
  const job = (): JobLook => readJob(ran(jobProbe(dir)).stdout) ?? { alive: false, run: null, exit: null, words: 'no look' }
  return { ...disk, at, jobDir: dir, ran, begin, job, calls: () => readFileSync(join(disk.dir, 'home/calls'), 'utf8') }
}

async function until<T>(look: () => T, wanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = look()
    if (wanted(seen)) return seen
    await pause(20)
  }
}
const go = ({ jobDir: dir, ran }: ReturnType<typeof host>, code: number) =>
  ran(['sh', '-c', `echo ${String(code)} >"$1/home/go"`, 'go', dir.replace(/\/state\/.*$/, '')])

describe('a download on a host', () => {
  test('lives by itself, is found again, and is not begun again once it ended well', async () => {
    const spark = host()
    expect(spark.begin('run-1')).toEqual({ kind: 'started', tool: 'hf' })
    await until(spark.job, ({ words }) => words.includes('Fetching'))
    expect(spark.begin('run-1')).toEqual({ kind: 'running', run: 'run-1' })
    expect(spark.begin('run-2')).toEqual({ kind: 'running', run: 'run-1' })
    expect(spark.job()).toMatchObject({ alive: true, run: 'run-1', exit: null })
    expect(readBytes(spark.ran(bytesProbe('~', 'org/name')).stdout)).toMatchObject({ bytes: 4 })
    go(spark, 0)
    expect(await until(spark.job, ({ alive }) => !alive)).toMatchObject({ run: 'run-1', exit: 0 })
    expect(spark.begin('run-1')).toEqual({ kind: 'ended' })
    expect(spark.calls()).toBe('download org/name||http://mirror\n')
  })

  test('that failed is begun again under the same name, and goes on', async () => {
    const spark = host()
    spark.begin('run-1')
    go(spark, 3)
    expect(await until(spark.job, ({ alive, exit }) => !alive && exit !== null)).toMatchObject({ exit: 3 })
    expect(spark.begin('run-1')).toMatchObject({ kind: 'started' })
    await until(spark.job, ({ alive }) => !alive)
    expect(readBytes(spark.ran(bytesProbe('~', 'org/name')).stdout)).toMatchObject({ bytes: 8 })
  })

  test('is stopped with all its processes, and a late attempt of that run does not begin it again', async () => {
    const spark = host()
    spark.begin('run-1')
    await until(spark.job, ({ words }) => words.includes('Fetching'))
    expect(spark.ran(stopArgv(spark.jobDir, 'run-1')).stdout).toBe('stopped\n')
    expect(spark.job().alive).toBe(false)
    expect(spark.begin('run-1')).toEqual({ kind: 'refused', why: 'stopped' })
    expect(spark.begin('run-2')).toMatchObject({ kind: 'started' })
    expect(spark.ran(stopArgv(`${spark.jobDir}-never-there`, 'x')).stdout).toBe('stopped\n')
  })

  test('gets its token in a file of its owner, which is gone afterwards, and nowhere else', async () => {
    const spark = host()
    const token = `hf_${randomUUID()}`
    const argv = fetchArgv(spark.at, 'org/name', 'run-1', '')
    expect(argv.join(' ')).not.toContain(token)
    expect(spark.begin('run-1', token)).toMatchObject({ kind: 'started' })
    await until(spark.job, ({ words }) => words.includes('Fetching'))
    expect(spark.calls()).toContain(`|${token}|`)
    expect(statSync(join(spark.jobDir, 'token')).mode & 0o777).toBe(0o600)
    const seen = spark.ran(['sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"']).stdout
    expect(seen).toContain('HF_TOKEN_PATH=')
    expect(seen).not.toContain(token)
    go(spark, 0)
    await until(spark.job, ({ alive }) => !alive)
    expect(existsSync(join(spark.jobDir, 'token'))).toBe(false)
  })

  test('says what the host lacks', () => {
    const spark = host()
    spark.ran(['sh', '-c', 'rm "$HOME/.local/bin/hf"'])
    expect(spark.begin('run-1')).toEqual({ kind: 'refused', why: 'tool' })
    expect(readBegun('')).toBeNull()
    expect(readBegun('refused to speak')).toBeNull()
  })
})

test('a copy goes over the fast link to the folder of the other host, under its lock', () => {
  const words = copyArgv(spark1, 'org/name', 'run-1', { ...spark1, name: 'spark-2', fabricAddress: '192.168.100.12', home: '/home/it s' })
  expect(words.slice(-5)).toEqual([
    '~/.cache/huggingface',
    'models--org--name',
    'ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -p 22',
    "mkdir -p '/home/it s/.cache/huggingface/hub/models--org--name' '/var/lib/spark-control/downloads/models--org--name' && exec flock -n '/var/lib/spark-control/downloads/models--org--name/lock' rsync",
    'spark@192.168.100.12:/home/it s/.cache/huggingface/hub/models--org--name/',
  ])
})

describe('a deletion', () => {
  const repo = 'home/hub/models--org--name'
  const files = {
    [`${repo}/blobs/a`]: 'x'.repeat(5000),
    [`${repo}/snapshots/r/a`]: '-> ../../blobs/a',
    [`${repo}/snapshots/r/out`]: '-> {dir}/precious',
    'home/hub/.locks/models--org--name/a.lock': '',
    'home/hub/models--org--other/blobs/b': 'y',
    'precious/thing': 'z',
  }
  const plan = (spark: ReturnType<typeof host>) => readPlan('spark-1', 'org/name', spark.ran(planProbe('~', 'org/name')).stdout)

  test('names what will go, takes that and nothing else, and may be repeated', () => {
    const spark = host(files)
    const before = plan(spark)
    expect(before).toMatchObject({ files: 2, cause: null })
    expect(before?.paths[0]).toEqual({ path: join(spark.dir, repo, 'blobs/a'), bytes: before?.bytes })
    for (let time = 1; time <= 2; time++) {
      expect(spark.ran(deletionArgv('~', 'org/name', spark.jobDir)).status).toBe(0)
      expect(plan(spark)?.cause?.code).toBe('weights_missing')
    }
    expect(existsSync(join(spark.dir, 'precious/thing')) && existsSync(join(spark.dir, 'home/hub/models--org--other/blobs/b'))).toBe(true)
    expect(spark.ran(['sh', '-c', 'ls -A "$HOME/hub" "$HOME/hub/.locks"']).stdout).not.toMatch(/models--org--name|deleting/)
  })

  test('of a folder that is a link deletes nothing', () => {
    const spark = host({ [repo]: '-> {dir}/precious', 'precious/thing': 'z' })
    expect(plan(spark)?.cause).toMatchObject({ code: 'weights_linked', message: expect.stringContaining(`${spark.dir}/precious`) })
    expect(spark.ran(deletionArgv('~', 'org/name', spark.jobDir)).status).toBe(deletionExits.linked)
    expect(existsSync(join(spark.dir, 'precious/thing'))).toBe(true)
  })

  test('while it is being downloaded deletes nothing', async () => {
    const spark = host(files)
    spark.begin('run-1')
    await until(spark.job, ({ words }) => words.includes('Fetching'))
    expect(spark.ran(deletionArgv('~', 'org/name', spark.jobDir)).status).toBe(deletionExits.running)
    expect(plan(spark)?.cause).toBeNull()
  })
})
