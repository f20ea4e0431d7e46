import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityDeps } from '../deps.ts'

/**
 * The Hugging Face token as standard input for a host: one line, empty where there is none (then the host's own counts). Read anew each time from the file
 * that the settings name, else from keys/hf-token. Throws for a file that is named and cannot be read.
 */
export async function tokenLine({ config, places }: Pick<ActivityDeps, 'config' | 'places'>): Promise<string> {
  const named = config.read().settings.hf_token_file
  try {
    const [line = ''] = (await readFile(named === '' ? join(places.keysDir, 'hf-token') : named, 'utf8')).split('\n')
    return `${line.trim()}\n`
  } catch (error) {
    if (named === '' && error instanceof Error && 'code' in error && error.code === 'ENOENT') return '\n'
    throw error
  }
}
