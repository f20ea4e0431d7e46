import { createInterface } from 'node:readline/promises'

/** Whoever runs set-up: at a terminal, or nobody (a pipe, a cron job, `--yes`). */
export interface Asker {
  readonly someone: boolean
  say(text: string): void
  /** The answer, or `fallback` for a blank one and where nobody can be asked. */
  text(question: string, fallback: string): Promise<string>
  confirm(question: string, fallback: boolean): Promise<boolean>
}

/** `yes`: nothing is asked, all that is proposed is taken. */
export function processAsker(yes: boolean): Asker {
  const { stdin, stdout } = process
  const someone = stdin.isTTY && stdout.isTTY && !yes

  async function answer(question: string): Promise<string | null> {
    const lines = createInterface({ input: stdin, output: stdout })
    const closed = new Promise<null>((resolve) => lines.once('close', () => resolve(null)))
    try {
      return await Promise.race([lines.question(question), closed]) // Ctrl-D closes it
    } finally {
      lines.close()
    }
  }

  return {
    someone,
    say: (text) => void stdout.write(`${text}\n`),
    async text(question, fallback) {
      if (!someone) return fallback
      const given = (await answer(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `))?.trim() ?? ''
      return given === '' ? fallback : given
    },
    async confirm(question, fallback) {
      if (!someone) return fallback
      const given = (await answer(`${question} [${fallback ? 'Y/n' : 'y/N'}] `))?.trim() ?? ''
      return given === '' ? fallback : /^y(es)?$/i.test(given)
    },
  }
}
