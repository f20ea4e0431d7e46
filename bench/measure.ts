import type { Figure, MeasureId } from './figure.ts'
import type { Stage, StageOptions } from './stage.ts'

/** What a measure works with. */
export interface Workshop {
  /** Spark Control as in production on simulated hosts of this kind. Kept from the measure before when that one asked for the same; the run ends it. */
  stage(options: StageOptions): Promise<Stage>
  /** How many operations the long measures do; null: as many as usual. */
  readonly operations: number | null
  report(figure: Omit<Figure, 'measure'>): void
  /** What is going on, for a person who waits. */
  say(text: string): void
}

/** One measure of the bench. It throws when it could not be taken; a figure that is short is no error. */
export interface Measure {
  readonly id: MeasureId
  readonly about: string
  readonly take: (workshop: Workshop) => Promise<void>
}
