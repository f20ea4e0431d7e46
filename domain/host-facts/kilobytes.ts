/** A line of /proc/meminfo in bytes; null where it is not there. */
export function kilobytes(meminfo: string, name: string): number | null {
  const read = new RegExp(`^${name}:\\s*(\\d{1,15}) kB$`, 'm').exec(meminfo)
  return read === null ? null : Number(read[1]) * 1024
}
