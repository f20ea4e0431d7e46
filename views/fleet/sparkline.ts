import { html, type Html } from '../html.ts'

const [width, height] = [120, 24]

interface Sparkline {
  /** Oldest first; null where nothing was measured, which leaves a gap. */
  readonly values: readonly (number | null)[]
  /** What is drawn, for those who hear it. */
  readonly label: string
  /** What the top of the picture stands for, where that is known; else the greatest value. */
  readonly top?: number | undefined
}

/** A small curve, made here: no script, and the same picture for everyone. Nothing at all where there is nothing to draw. */
export function sparkline({ values, label, top }: Sparkline): Html {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return html``
  const most = Math.max(top ?? 0, ...known, Number.EPSILON)
  const at = (i: number, value: number): string => `${round((i / (values.length - 1)) * width)},${round(height - 1 - (value / most) * (height - 2))}`
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}">
    ${stretches(values).map(({ from, run }) => html`<polyline points="${run.map((value, i) => at(from + i, value)).join(' ')}" />`)}
  </svg>`
}

const round = (value: number): string => String(Math.round(value * 10) / 10)

interface Stretch {
  readonly from: number
  readonly run: number[]
}

/** The runs of values without a gap. */
function stretches(values: readonly (number | null)[]): Stretch[] {
  const found: Stretch[] = []
  values.forEach((value, i) => {
    const last = found.at(-1)
    if (value === null) return
    if (last !== undefined && last.from + last.run.length === i) last.run.push(value)
    else found.push({ from: i, run: [value] })
  })
  return found.filter(({ run }) => run.length > 1)
}
