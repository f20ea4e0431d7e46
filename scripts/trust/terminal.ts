import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** The person at the keyboard. */
export interface Terminal {
  say(text: string): void
  /** Yes or no; no when nobody can be asked. */
  confirm(question: string): Promise<boolean>
  /** A word that is not shown while it is typed; null when nobody can be asked. */
  secret(question: string): Promise<string | null>
}

/** The terminal of this process. Without one (a pipe, a cron job) nobody is asked and nothing is confirmed. */
export function processTerminal(): Terminal {
  const { stdin, stdout } = process
  const someone = stdin.isTTY && stdout.isTTY

  async function answer(question: string, output: Writable): Promise<string> {
    const lines = createInterface({ input: stdin, output, terminal: true })
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    try {
      return await Promise.race([lines.question(question), closed]) // Ctrl-D and Ctrl-C close it: no answer
    } finally {
      lines.close()
    }
  }

  return {
    say: (text) => void stdout.write(`${text}\n`),
    async confirm(question) {
      if (!someone) {
        stdout.write(`${question} There is no terminal to ask at: say --yes if you have compared it.\n`)
        return false
      }
      return /^y(es)?$/i.test((await answer(`${question} [y/N] `, stdout)).trim())
    },
    async secret(question) {
      if (!someone) return null
      stdout.write(question)
      const word = await answer('', new Writable({ write: (_chunk, _encoding, done) => done() }))
      stdout.write('\n')
      return word === '' ? null : word
    },
  }
}
