import { placesFrom } from '../config/places.ts'
import { errors } from '../domain/errors.ts'
import { Problem } from '../domain/problem.ts'
import { processAsker } from './setup/ask.ts'
import { runSetup } from './setup/run-setup.ts'
import { readWords, usage } from './setup/words.ts'

/** `npm run setup`: one address in, a working catalog out. Exit codes: 0 done, 1 a machine or a file did not play along (and it is said how), 2 the request makes no sense. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const words = readWords(argv)
  if (typeof words === 'string') {
    process.stderr.write(`${words}\n\n${usage}\n`)
    return 2
  }
  try {
    return (await runSetup(words, placesFrom(process.env), processAsker(words.yes))) ? 0 : 1
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${error.message}\n${errors[error.code].advice}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
