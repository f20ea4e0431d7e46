/**
 * A stand-in for `vllm serve`: a small real HTTP server that starts, answers, fails and dies the way vLLM does.
 * Failures are asked for by a word in the model's name: gated, oom, unsupported-arch, never-healthy, crash-in-warmup.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parse, UsageError, type Arguments } from './arguments.ts'
import { openApi, type Engine } from './open-ai-api.ts'
import { Ranks } from './ranks.ts'
import { RecorderLine } from './recorder-line.ts'
import { failures, fromServer, startupComplete, startupLog, type Failure } from './startup-log.ts'
import { areHere, loadSeconds } from './weights.ts'

const GPU_MIB = 124_549 // 121.63 GiB, what CUDA sees on a GB10

function argumentsOrUsage(): Arguments {
  try {
    return parse(process.argv.slice(2))
  } catch (trouble) {
    if (!(trouble instanceof UsageError)) throw trouble
    console.error(`usage: vllm serve [model_tag] [options]\nvllm serve: error: ${trouble.message}`)
    process.exit(2)
  }
}

const wanted = argumentsOrUsage()
const marks = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('SPARK_')))
const container = /[0-9a-f]{64}/.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[0] ?? null
const recorder = await RecorderLine.open({ model: wanted.model, port: wanted.port, container_id: container, env: marks })
let core: ChildProcess | null = null

async function leave(code: number, cause: string): Promise<never> {
  await recorder.tell('engine_exit', { code, cause })
  core?.removeAllListeners('exit')
  core?.kill('SIGKILL')
  process.exit(code)
}

async function fail(failure: Failure): Promise<never> {
  for (const line of failures[failure](wanted.model)) console.error(line)
  return leave(1, failure)
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createConnection(port, '127.0.0.1')
    probe.on('connect', () => resolve(true)).on('error', () => resolve(false))
    probe.on('close', () => probe.destroy())
  })

/** vLLM's engine is a process of its own, known by its title; it lives on when the API server is killed. */
function startCore(): ChildProcess {
  const env = { ...process.env, ENGINE_GPU_MIB: String(Math.round(wanted.gpuMemoryUtilization * GPU_MIB)) }
  return spawn('/usr/bin/sleep', ['infinity'], { argv0: 'VLLM::EngineCore', stdio: 'ignore', env })
}

process.on('SIGTERM', () => void leave(0, 'stopped'))
process.on('SIGINT', () => void leave(0, 'stopped'))

const seconds = loadSeconds(wanted.model)
const [version, ...loading] = startupLog(wanted.model, wanted.port, seconds)
console.log(version?.text)
if (wanted.model.includes('gated')) await fail('gated')
if (!areHere(wanted.model)) await fail('no-weights')
if (!wanted.headless && (await answers(wanted.port))) {
  await recorder.tell('engine_refused_port', { port: wanted.port })
  await fail('port-taken')
}
if (wanted.model.includes('unsupported-arch')) await fail('unsupported-arch')
core = startCore()
const ranks = await Ranks.gather(wanted)

let reached = 0
for (const line of loading) {
  await pause((line.at - reached) * seconds * 1000)
  reached = line.at
  if (line.at >= 0.3 && wanted.model.includes('oom')) await fail('oom')
  if (line.at >= 0.5 && wanted.model.includes('never-healthy')) await pause(2 ** 31 - 1)
  console.log(line.text)
}

const engine: Engine = { ...wanted, startedAt: Date.now(), ranks, alive: true, running: 0, crashesInWarmup: wanted.model.includes('crash-in-warmup') }
const crash = async (): Promise<void> => {
  engine.alive = false
  await fail('engine-dead')
}
const server = openApi(engine, crash)
server.on('error', () => void recorder.tell('engine_refused_port', { port: wanted.port }).then(() => fail('port-taken')))
if (!wanted.headless) {
  server.listen(wanted.port, '0.0.0.0', () => {
    console.log(startupComplete)
    void recorder.tell('engine_healthy', { model: wanted.model, port: wanted.port })
  })
}
// the API server outlives its engine by a few seconds, answering 503
core.on('exit', () => {
  engine.alive = false
  for (const line of failures['engine-dead'](wanted.model)) console.error(line)
  setTimeout(() => void leave(0, 'engine-dead'), 4000)
})
setInterval(() => {
  const load = `Running: ${engine.running} reqs, Waiting: 0 reqs, GPU KV cache usage: 0.0%, Prefix cache hit rate: 0.0%`
  console.log(fromServer(`Engine 000: Avg prompt throughput: 0.0 tokens/s, Avg generation throughput: 0.0 tokens/s, ${load}`, 'loggers.py:127'))
}, 10_000)
