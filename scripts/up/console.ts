/**
 * Where the supervisor's lines go. The terminal may vanish at any time (a closed window, a broken pipe): then nobody is there to read,
 * which is no reason to leave processes behind.
 */
export function openConsole(stream: NodeJS.WriteStream): (line: string) => void {
  stream.on('error', () => undefined)
  return (line) => stream.write(`${line}\n`)
}
