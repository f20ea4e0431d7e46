import { isMark } from '../launchers/mark-trouble.ts'
import type { Inspected } from './inspected.ts'

/** The environment that a rebuilt container needs, and the names of what must not be kept. */
export interface AdoptedEnvironment {
  readonly env: Readonly<Record<string, string>>
  /** Names alone: their values leave this function in no form. */
  readonly secrets: readonly string[]
}

const secretName =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_KEY|API_KEY|ACCESS_KEY|APIKEY|AUTH|COOKIE|DSN)(_|$)|_KEY$|^KEY$/
/** Tokens of well-known shapes, and addresses that have a password in them. */
const secretValue = /^(hf_|sk-|nvapi-|ghp_|github_pat_|glpat-|xox[abp]-|AKIA|eyJ)[\w.-]{8,}|:\/\/[^/\s:@]+:[^/\s@]+@|-----BEGIN/

/** Without the image's own environment to compare with, only what is known to be said to vLLM and its parts is kept. */
const engines =
  /^(VLLM|TORCH|TORCHINDUCTOR|PYTORCH|FLASHINFER|TRITON|TIKTOKEN|HF|TRANSFORMERS|SAFETENSORS|TOKENIZERS|OMP|CUDA_VISIBLE|CUTE_DSL|TILELANG)_/
/** Set by launch-cluster.sh, by us or by docker itself at each start. */
const dockers = /^(PATH|HOME|HOSTNAME|TERM)$/
const scripts = /^(VLLM_HOST_IP|NCCL_IGNORE_CPU_AFFINITY|PYTORCH_CUDA_ALLOC_CONF)$|^(RAY|NCCL|GLOO|UCX|OMPI|MN)_/

/** True for what may be a secret, by its name or by how it looks. */
export const looksSecret = (name: string, value: string): boolean => secretName.test(name.toUpperCase()) || secretValue.test(value)

/** `image`: the environment that the image brings by itself, null when it is not known. `byScript`: started by launch-cluster.sh, which sets its part again. */
export function adoptedEnvironment({ Config }: Inspected, image: readonly string[] | null, byScript: boolean): AdoptedEnvironment {
  const brought = new Set(image ?? [])
  const env: Record<string, string> = {}
  const secrets: string[] = []
  for (const entry of Config.Env ?? []) {
    const at = entry.indexOf('=')
    const [name, value] = [entry.slice(0, at), entry.slice(at + 1)]
    if (at < 1 || brought.has(entry) || isMark(name) || dockers.test(name) || (byScript && scripts.test(name))) continue
    if (looksSecret(name, value)) {
      if (value !== '') secrets.push(name)
    } else if ((image !== null || engines.test(name)) && /^[A-Za-z_]\w*$/.test(name) && !/\p{Cc}/u.test(value) && value.length <= 4096)
      env[name] = value
  }
  return { env, secrets }
}
