/**
 * The known names nearest to a mistyped one, best first: at most `limit`, and only those that a slip of the finger explains
 * (edit distance up to a third of the length), or that begin alike. Case does not count.
 */
export function nearNames(wanted: string, known: Iterable<string>, limit = 3): string[] {
  const target = wanted.toLowerCase().slice(0, 100)
  const most = Math.max(2, Math.ceil(target.length / 3))
  return [...known]
    .map((name) => ({ name, distance: distanceTo(target, name.toLowerCase(), most) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name)
}

const distanceTo = (target: string, name: string, most: number): number =>
  target.length >= 3 && name.startsWith(target) ? 1 : Math.abs(target.length - name.length) > most ? Infinity : editDistance(target, name)

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost, swapped))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity
