/** A value of the catalog or of the settings as it stands in a field: nothing is blank, and what a list holds has `between` in between. */
export function plainText(value: unknown, between = '\n'): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map((item: unknown) => plainText(item)).join(between)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
