/** What the user can act on: shown as it stands, without a stack. Anything else that is thrown is a bug of ours. */
export class Trouble extends Error {
  name = 'Trouble'
}

/** One line on stderr: stdout belongs to the command that was asked for. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}
