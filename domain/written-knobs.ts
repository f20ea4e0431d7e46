import { z } from 'zod'

/** What the launchers decide by themselves; given twice, the engine would listen where nobody looks, or not find its other ranks. */
const ours: Readonly<Record<string, string>> = {
  '--port': 'by vllm_port, or the model’s `port`',
  '--host': 'so that it listens everywhere',
  '--uds': 'so that it listens on a port',
  '--model': 'by `repo` or `local_path`',
  '--served-model-name': 'by `served_name`',
  '--nnodes': 'by the placement',
  '--node-rank': 'by the placement',
  '--master-addr': 'by the placement',
  '--master-port': 'by `launch.master_port`',
  '--headless': 'by the placement',
  '--distributed-executor-backend': 'by `launch.ray`',
}
/** A command line is read by everybody on the host, and kept in records. */
const secrets = ['--api-key', '--hf-token']

/** vLLM takes `--served_model_name` and `--served-model-name=x` for the same flag; `--port 1` is one word by mistake, and some launch scripts split it. */
const flagOf = (word: string): string => (/^\s*--/.test(word) ? (word.trim().split(/[=\s]/, 1)[0] ?? '').replaceAll('_', '-') : word)

/** The flag of ours that a word stands for, if any: Python's argument parser completes one that is cut short. Shorter than this it is ambiguous. */
const shortest = '--por'.length
const meantBy = (flag: string): string | undefined =>
  [...Object.keys(ours), ...secrets].find((one) => one === flag || (flag.length >= shortest && one.startsWith(flag)))

/** Why a word may not stand in `extra_args`; null when it may. */
function extraArgumentTrouble(word: string): string | null {
  const flag = meantBy(flagOf(word))
  if (flag === undefined) return null
  return secrets.includes(flag)
    ? `${flag} would show a secret to everybody who lists processes on the host`
    : `${flag} is set by Spark Control, ${ours[flag] ?? ''}`
}

/** A value that stands behind a flag: never one that would itself be read as a flag. */
const value = /^[A-Za-z0-9][\w.:+/-]*$/

/** Knobs as a person writes them. Added to the schema of knobs, which also reads what older versions let through. */
export function refineKnobs(knobs: { readonly extra_args: readonly string[] }, context: z.RefinementCtx): void {
  for (const [i, word] of knobs.extra_args.entries()) {
    const trouble = extraArgumentTrouble(word)
    if (trouble !== null) context.addIssue({ code: 'custom', path: ['extra_args', i], message: trouble })
  }
  for (const [name, given] of Object.entries(knobs)) {
    if (typeof given === 'string' && !value.test(given))
      context.addIssue({ code: 'custom', path: [name], message: 'one word: letters, digits, dots, dashes and underscores' })
  }
}
