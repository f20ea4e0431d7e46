import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Call, Tool } from '../door.ts'
import type { Machine } from '../machine.ts'
import { filesOf, makeRepo, nameInSnapshot, repoDir, revisionOf } from './repo-files.ts'
import type { RepoFile } from './repo-files.ts'

/** How a host downloads from Hugging Face. */
export interface DownloadBehaviour {
  /** Weights of any model, in bytes. */
  readonly bytes: number
  /** How long all of them take, in seconds of a real Spark. */
  readonly takes_s: number
  /** After this share of the weights (0–1) nothing more comes; null: never so. */
  readonly stallsAt: number | null
}

const steps = 20

/** `hf download MODEL`, also as `uvx hf download MODEL`: into the Hugging Face cache, going on where it was broken off. */
export function hubTool(machine: Machine): Tool {
  return async (call) => {
    const words = call.args.filter((arg) => !arg.startsWith('-'))
    const at = words.indexOf('download')
    const model = words[at + 1]
    if (at < 0 || model === undefined) {
      call.err('usage: hf <command> [<args>]\n')
      return 2
    }
    const refusal = refusalOf(model, call)
    if (refusal !== null) {
      call.err(`Traceback (most recent call last):\n${refusal.map((line) => `${line}\n`).join('')}`)
      return 1
    }
    return await download(machine, model, call)
  }
}

async function download(machine: Machine, model: string, call: Call): Promise<number> {
  const { bytes, takes_s } = machine.behaviour.download
  const repo = repoDir(join(cacheOf(call), 'hub'), model)
  makeRepo(repo, model)
  const files = filesOf(model, bytes)
  for (const [at, file] of files.entries()) {
    call.err(`\rFetching ${String(files.length)} files: ${bar(at / files.length)} ${String(at)}/${String(files.length)} [00:00<00:00,  1.21it/s]\n`)
    const blob = join(repo, 'blobs', file.etag)
    if (!existsSync(blob)) {
      const ended = await fetchBlob(machine, `${blob}.incomplete`, file, (takes_s * file.bytes) / bytes, call)
      if (ended !== null) return ended
      renameSync(`${blob}.incomplete`, blob)
    }
    nameInSnapshot(repo, model, file)
  }
  call.err(`\rFetching ${String(files.length)} files: ${bar(1)} ${String(files.length)}/${String(files.length)} [00:00<00:00,  1.21it/s]\n`)
  call.out(`${join(repo, 'snapshots', revisionOf(model))}\n`)
  return 0
}

/** Null when the file is whole, otherwise the exit code. */
async function fetchBlob(machine: Machine, part: string, file: RepoFile, takes_s: number, call: Call): Promise<number | null> {
  const { pace, shell, behaviour } = machine
  let have = existsSync(part) ? statSync(part).size : 0
  const step = file.text === null ? Math.ceil(file.bytes / steps) : file.bytes
  while (have < file.bytes) {
    await pace.wait((takes_s * step) / file.bytes, call.gone)
    const { stallsAt } = behaviour.download
    while (stallsAt !== null && behaviour.download.stallsAt !== null && file.text === null && have >= stallsAt * file.bytes && !call.gone.aborted)
      await pace.wait(1, call.gone)
    if (call.gone.aborted) return 130
    if (shell.diskFull) {
      call.err(`OSError: [Errno 28] No space left on device: '${part.split('/').at(-1) ?? ''}'\n`)
      return 1
    }
    const more = Math.min(step, file.bytes - have)
    appendFileSync(part, file.text ?? Buffer.alloc(more))
    have += more
    call.err(`\r${file.name}: ${bar(have / file.bytes)} ${size(have)}/${size(file.bytes)} [00:01<00:01, 41.2MB/s]`)
  }
  call.err('\n')
  return null
}

/** What the hub answers who may not have it, in the words of its library; a token opens what is gated, but `hf_wrong` does not. */
function refusalOf(model: string, call: Call): string[] | null {
  const url = `https://huggingface.co/${model}/resolve/main/config.json`
  if (!/^[\w.-]+\/[\w.-]+$/.test(model))
    return [`huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '${model}'.`]
  const name = model.toLowerCase()
  if (/(^|[-_./])no-such-repo($|[-_.])/.test(name))
    return [
      'huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. (Request ID: Root=1-68f0c0de-5a5a5a5a)',
      '',
      `Repository Not Found for url: ${url}.`,
    ]
  if (!/(^|[-_./])gated($|[-_.])/.test(name)) return null
  const token = tokenOf(call)
  if (token !== null && token !== 'hf_wrong') return null
  const status = token === null ? '401' : '403'
  return [
    `huggingface_hub.errors.GatedRepoError: ${status} Client Error. (Request ID: Root=1-68f0c0de-5a5a5a5a)`,
    '',
    `Cannot access gated repo for url ${url}.`,
    token === null
      ? `Access to model ${model} is restricted. You must have access to it and be authenticated to access it. Please log in.`
      : `Access to model ${model} is restricted and you are not in the authorized list. Visit https://huggingface.co/${model} to ask for access.`,
  ]
}

function cacheOf({ env }: Call): string {
  return env['HF_HOME'] ?? join(env['HOME'] ?? '', '.cache/huggingface')
}

function tokenOf(call: Call): string | null {
  const given = call.env['HF_TOKEN']
  if (given !== undefined && given !== '') return given
  const file = call.env['HF_TOKEN_PATH'] ?? join(cacheOf(call), 'token')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

function bar(share: number): string {
  const full = Math.round(share * 10)
  return `${String(Math.round(share * 100)).padStart(3)}%|${'█'.repeat(full)}${' '.repeat(10 - full)}|`
}

function size(bytes: number): string {
  return bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(2)}G`
    : bytes >= 1e6
      ? `${(bytes / 1e6).toFixed(1)}M`
      : bytes >= 1e3
        ? `${(bytes / 1e3).toFixed(1)}k`
        : String(bytes)
}
