import { describe, expect, test } from 'vitest'
import { readImport } from '../../../domain/scheduling/import.ts'
import { ExternalBody, type ImportBody } from '../../../domain/scheduling/schedule.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const imported = (more: Partial<ImportBody>) => readImport({ owner: 'Ada', host: 'nas', timezone: 'UTC', dry_run: false, ...more }, now)

describe('a crontab', () => {
  const first = (line: string) => {
    const { imported: bodies, skipped } = imported({ crontab: line })
    if (bodies[0] === undefined) throw new Error(skipped[0]?.reason)
    return bodies[0]
  }

  test('comments and empty lines say nothing, variables only their zone', () => {
    const crontab =
      '# nightly\r\n\r\nMAILTO=ada@example.org\nPATH = /bin:/usr/bin\n0 1 * * * /opt/a\nCRON_TZ="Europe/Zurich"\n0 2 * * * /opt/b\nTZ=America/New_York\n@daily /opt/c\n'
    expect(imported({ crontab })).toMatchObject({
      imported: [
        { cron: '0 1 * * *', timezone: 'UTC', command: '/opt/a', owner: 'Ada', host: 'nas' },
        { cron: '0 2 * * *', timezone: 'Europe/Zurich', command: '/opt/b' },
        { cron: '@daily', timezone: 'America/New_York', command: '/opt/c' },
      ],
      skipped: [],
    })
  })

  test.each<[string, string]>([
    ['0 3 * * * /home/ada/bin/transcribe.sh --all >> /tmp/x.log 2>&1', 'transcribe'],
    ['0 3 * * * cd /opt/x && flock -w 10 /tmp/lock ./nightly.py', 'nightly'],
    ['0 3 * * * FOO=bar nice -n 10 python3 /opt/backup.py', 'backup'],
    ['0 3 * * * timeout 5m /usr/bin/env bash sync.sh', 'sync'],
    ['0 3 * * * "', 'job'],
  ])('%s has an id that tells what it runs: %s', (line, name) => {
    expect(first(line).id).toMatch(new RegExp(`^${name}-[0-9a-f]{4}$`))
    expect(ExternalBody.safeParse(first(line)).success).toBe(true)
  })

  test('the id stays the same when the job is planned anew, and differs on another host or for another command', () => {
    const { id } = first('0 3 * * * /opt/job one')
    expect(first('30 4 * * 1-5   /opt/job one').id).toBe(id)
    expect(first('0 3 * * * /opt/job two').id).not.toBe(id)
    expect(imported({ crontab: '0 3 * * * /opt/job one', host: 'other' }).imported[0]?.id).not.toBe(id)
  })

  test('the same job at two times is two schedules, in the order of the lines', () => {
    const ids = imported({ crontab: '0 3 * * * /opt/job\n0 15 * * * /opt/job' }).imported.map(({ id }) => id)
    expect(ids[1]).toBe(`${ids[0]}-2`)
  })

  test('a bare percent sign ends the command, an escaped one is a percent sign', () => {
    expect(first('15 1 * * * date +\\%Y%hello%world').command).toBe('date +%Y')
  })

  test('what a line cannot say is said at its end', () => {
    const line =
      '0 3 * * * /opt/job # spark: id=night model=qwen3-30b hosts=spark-1,spark-2 grace=10m expected_s=2h description="Nightly transcripts"'
    expect(first(line)).toMatchObject({
      ...{
        id: 'night',
        model: 'qwen3-30b',
        hosts: ['spark-1', 'spark-2'],
        grace_s: 600,
        expected_s: 7_200,
        description: 'Nightly transcripts',
        command: '/opt/job',
      },
    })
  })

  test.each<[string, string]>([
    ['@reboot /opt/job', 'no time'],
    ['*/5 * * * *', 'and then a command'],
    ['0 0 3 * * * /opt/job', 'more than five fields'],
    ['0 0 31 2 * /opt/job', 'never comes due'],
    ['0 25 * * * /opt/job', '25 is not between'],
    ['CRON_TZ=Nowhere/Land\n0 3 * * * /opt/job', 'no IANA time zone'],
    ['0 3 * * * /opt/job # spark: colour=red', 'knows no colour'],
    ['0 3 * * * /opt/job # spark: grace=soon', 'grace_s'],
    ['0 3 * * * /opt/job # spark: id=a/b', 'id: a schedule id'],
  ])('%s is skipped, with the reason', (crontab, reason) => {
    const { imported: bodies, skipped } = imported({ crontab })
    expect(bodies).toEqual([])
    expect(skipped).toEqual([{ line: crontab.split('\n').length, text: crontab.split('\n').at(-1), reason: expect.stringContaining(reason) }])
  })

  test.each([
    ['curl -H "Authorization: Bearer sk-12345" http://nas/x', 'sk-12345'],
    ['/opt/job --token=s3cret', 's3cret'],
    ['/opt/job --api-key s3cret', 's3cret'],
    ['DB_PASSWORD=s3cret /opt/job', 's3cret'],
    ['wget http://ada:s3cret@nas/x', 's3cret'],
    ['sudo curl -u ada:s3cret http://nas/x', 's3cret'],
  ])('no secret of a command is taken over: %s', (command, secret) => {
    const crontab = `0 3 * * * ${command}\n@reboot ${command}`
    expect(JSON.stringify(imported({ crontab }))).not.toContain(secret)
    expect(imported({ crontab }).imported).toHaveLength(1)
  })
})

describe('a jobs list of OpenClaw', () => {
  const job = (schedule: object, more: object = {}) => ({
    id: '6a1b4c5d-1111-4222-8333-444455556666',
    name: 'Brief',
    enabled: true,
    schedule,
    ...more,
  })
  const one = (schedule: object, more: object = {}) => imported({ openclaw: { version: 1, jobs: [job(schedule, more)] }, timezone: 'Europe/Zurich' })

  test('a cron keeps its zone, or has that of the gateway', () => {
    expect(one({ kind: 'cron', expr: '0 7 * * *', tz: 'America/New_York' }).imported).toMatchObject([
      { cron: '0 7 * * *', timezone: 'America/New_York', description: 'Brief' },
    ])
    expect(one({ kind: 'cron', expr: '0 7 * * *' }).imported).toMatchObject([{ timezone: 'Europe/Zurich' }])
  })

  test('ids stay the same under another name and plan; one that people gave is kept', () => {
    const [first] = one({ kind: 'cron', expr: '0 7 * * *' }).imported
    expect(first?.id).toMatch(/^openclaw-[0-9a-f]{8}$/)
    expect(one({ kind: 'cron', expr: '0 8 * * *' }, { name: 'Other' }).imported[0]?.id).toBe(first?.id)
    expect(one({ kind: 'cron', expr: '0 8 * * *' }, { id: 'morning-brief' }).imported[0]?.id).toBe('morning-brief')
  })

  test('an interval that falls on the same times each day becomes those, for it counts from its own beginning', () => {
    expect(one({ kind: 'every', everyMs: 21_600_000, anchorMs: now + 600_000 }).imported).toMatchObject([
      { cron: '10 0,6,12,18 * * *', timezone: 'UTC' },
    ])
    expect(one({ kind: 'every', everyMs: 900_000 }, { createdAtMs: now + 61_000 }).imported).toMatchObject([{ cron: '1,16,31,46 * * * *' }])
    expect(one({ kind: 'every', everyMs: 60_000, anchorMs: now }).imported).toMatchObject([{ cron: '* * * * *' }])
  })

  test('of another interval one run in each is expected', () => {
    expect(one({ kind: 'every', everyMs: 5_400_000 }).imported).toMatchObject([{ every: '90m', grace_s: 5_400 }])
  })

  test('once is once, in UTC where it names no zone', () => {
    expect(one({ kind: 'at', at: '2026-02-01T10:00:00' }).imported).toMatchObject([{ at: '2026-02-01T10:00:00.000Z' }])
    expect(one({ kind: 'at', atMs: now + 1_000 }).imported).toMatchObject([{ at: '2026-01-01T00:00:01.000Z' }])
  })

  test.each<[string, object, object, string]>([
    ['switched off', { kind: 'cron', expr: '0 7 * * *' }, { enabled: false }, 'switched off'],
    ['over', { kind: 'at', atMs: now - 1 }, {}, 'is over'],
    ['unreadable', { kind: 'at', at: '20m' }, {}, 'cannot be read'],
    ['with seconds', { kind: 'cron', expr: '0 0 7 * * *' }, {}, 'no seconds'],
    ['too often', { kind: 'every', everyMs: 500 }, {}, 'more often'],
    ['of a kind that is not known', { kind: 'moon' }, {}, 'no schedule of kind'],
  ])('one that is %s is skipped, with the reason', (_what, schedule, more, reason) => {
    expect(one(schedule, more)).toEqual({
      imported: [],
      skipped: [{ line: null, text: expect.any(String), reason: expect.stringContaining(reason) }],
    })
  })

  test.each([[null], ['x'], [{}], [{ jobs: 3 }], [undefined]])('%o is no such list', (openclaw) => {
    expect(imported({ openclaw }).skipped).toMatchObject([{ reason: expect.stringContaining('no jobs list') }])
  })
})
