import { causeOf, type Cause, type ErrorCode } from '../errors.ts'

/** What docker prints when a start is refused, whoever called it. */
const signs: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No such image|Unable to find image|pull access denied|manifest unknown/i, 'image_missing'],
  [/container name .* is already in use/i, 'container_name_taken'],
  [/port is already allocated|address already in use/i, 'port_taken'],
  [/Cannot connect to the Docker daemon|permission denied while trying to connect|docker: (command )?not found/i, 'docker_missing'],
  [/no space left on device/i, 'disk_full'],
  [/could not select device driver|docker: Error response from daemon|Error response from daemon/i, 'launch_failed'],
]

/** The first line of a launcher's output by which docker says why there is no container; null when it complains of nothing. */
export function dockerTrouble(output: string): Cause | null {
  const lines = output.split('\n').map((line) => line.trim())
  for (const [sign, code] of signs) {
    const line = lines.find((candidate) => sign.test(candidate))
    if (line !== undefined) return causeOf(code, undefined, line)
  }
  return null
}
