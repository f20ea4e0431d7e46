/** `class` tells a retry what it may do (DESIGN.md §5): `retryable` (network, host busy), `memory` (after the memory gate passes), `fatal`. */
export interface ErrorRow {
  readonly status: number
  readonly class: 'retryable' | 'memory' | 'fatal'
  readonly title: string
  readonly advice: string
}
