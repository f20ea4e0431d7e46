import type { Operation } from './lock-history.ts'
import { judge, usualTolerance } from './lock-judge.ts'

/** A lock's history that is judged part by part. Each part begins and ends with nobody holding anything. */
export class LongHistory {
  #fence = 0
  /** Of the parts before: they got no answer, and may still take effect. */
  #open: readonly Operation[] = []

  /** What is wrong with the next part. */
  judge(operations: readonly Operation[]): readonly string[] {
    const begins = operations[0]?.from_ms ?? 0
    const earlier = this.#open.filter(({ to_ms }) => to_ms + usualTolerance.open_ms >= begins)
    const { faults, fence } = judge([...earlier, ...operations], { fence: this.#fence })
    this.#fence = fence
    this.#open = [...earlier, ...operations.filter(({ told }) => told.kind === 'unknown')]
    return faults
  }
}
