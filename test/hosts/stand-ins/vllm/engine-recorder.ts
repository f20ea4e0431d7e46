/**
 * The host's own record of what ran on it: /var/log/engine-events.jsonl, one JSON object a line, in the order in which it happened.
 * Engines report over a socket that the kernel closes when they end; containers are reported by docker.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

const file = '/var/log/engine-events.jsonl'
let seq = readFileSync(file, 'utf8').split('\n').length - 1

function record(event: string, detail: Readonly<Record<string, unknown>>): void {
  seq += 1
  appendFileSync(file, `${JSON.stringify({ seq, at_ms: Date.now(), event, ...detail })}\n`)
}

type Report = { event: string } & Record<string, unknown>
let engines = 0

const server = createServer((socket) => {
  engines += 1
  const engine = `${bootId.slice(0, 8)}-${engines}`
  let exit: Record<string, unknown> | null = null
  let started = false
  createInterface({ input: socket }).on('line', (line) => {
    const { event, ...detail } = JSON.parse(line) as Report // the only writer is serve.ts beside this file
    if (event === 'engine_start') started = true
    if (event === 'engine_exit') exit = detail
    else record(event, { engine, ...detail })
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    if (started) record('engine_exit', { engine, ...(exit ?? { code: null, cause: 'killed' }) })
  })
})

type DockerEvent = { Action: string; Actor: { ID: string; Attributes: Record<string, string> }; timeNano: number }
const containerEvents: Record<string, string> = { start: 'container_run', die: 'container_exit', destroy: 'container_removed' }

/** Follows docker's events, also over a restart of dockerd. `since` is the time of the last one seen, in nanoseconds. */
function followDocker(since: bigint): void {
  let last = since
  const docker = spawn('docker', ['events', '--since', nanoTime(last + 1n), '--filter', 'type=container', '--format', '{{json .}}'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  createInterface({ input: docker.stdout }).on('line', (line) => {
    const { Action, Actor } = JSON.parse(line) as DockerEvent // docker's own format
    last = BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? last) // beyond what a double holds
    const event = containerEvents[Action]
    if (event === undefined) return
    const { name, image, exitCode, ...labels } = Actor.Attributes
    record(event, { container: name, id: Actor.ID, image, labels, ...(exitCode === undefined ? {} : { code: Number(exitCode) }) })
  })
  docker.on('close', () => setTimeout(() => followDocker(last), 200))
}

const nanoTime = (nanos: bigint): string => `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, '0')}`

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
record('boot', { boot_id: bootId })
followDocker(BigInt(Date.now()) * 1_000_000n)
server.listen('/run/engine/recorder.sock')
