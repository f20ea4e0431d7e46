import { spawn } from 'node:child_process'

/**
 * `npm run test:engine [-- --vllm]`: swaps between engines that are not stand-ins, on the real hosts of the hosts lane. llama.cpp's server comes from PyPI
 * (60 MB to fetch, once); with --vllm also real vLLM on this machine's CPU (6 GB, once, and a minute a start). Needs what the hosts lane needs.
 */
const { PATH, ...env } = process.env
const args = process.argv.slice(2)
const others = args.filter((arg) => arg !== '--vllm')
const vitest = spawn('vitest', ['run', '--project', 'engine', ...others], {
  stdio: 'inherit',
  env: { ...env, PATH, SPARK_ENGINE_VLLM: args.includes('--vllm') ? '1' : '0' },
})
vitest.on('error', (error) => {
  process.stderr.write(`vitest does not start: ${error.message}\n`)
  process.exitCode = 1
})
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1
})
