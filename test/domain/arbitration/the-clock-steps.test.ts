import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toServerClock } from '../../../domain/arbitration/clock.ts'
import { wakeAt } from '../../../domain/arbitration/deadlines.ts'
import { Bench, acquire, command, hash, start } from './commands.ts'

const tickMs = 250
const lateMs = 2_000

/** An arbiter whose server's clock is set while time goes on; timers fire by that clock, as the server's do. */
class SteppedClock {
  readonly bench = Bench.ready()
  #offset = 0
  #real = start
  #firesAt: number | null = null

  /** The arbiter's own clock, were it read now. */
  get own(): number {
    const { clock, serverClock } = this.bench.state
    return clock + Math.max(0, this.#server - serverClock)
  }
  get holds(): boolean {
    return this.bench.state.reservations.length > 0
  }
  get #server(): number {
    return this.#real + this.#offset
  }

  set(byMs: number): void {
    this.#offset += byMs
  }

  tick(): void {
    this.#real += tickMs
    if (this.#firesAt !== null && this.#server >= this.#firesAt) {
      this.#firesAt = null
      this.task(() => this.bench.take({ kind: 'woken' }))
    }
  }

  /** The arbiter has a task: as in its workflow, a timer is set anew only when something is due before it fires. */
  task(what: () => void): void {
    this.bench.now = this.#server
    what()
    const due = wakeAt(this.bench.state)
    if (due === null) return
    const at = toServerClock(this.bench.state, due)
    if (this.#firesAt === null || at < this.#firesAt) this.#firesAt = at
  }
}

const step = fc.record({
  ticks: fc.integer({ min: 1, max: 80 }),
  byMs: fc.constantFrom(0, 0, -60_000, 60_000, -3_600_000, 3_600_000),
  /** Somebody else asks for something, so that the arbiter reads its clock. */
  asked: fc.boolean(),
})

test('set back and forth by a minute or an hour, the server’s clock ends no reservation early by the arbiter’s own, and none more than two seconds late', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer({ min: 10, max: 120 }), (steps, ttlS) => {
      const world = new SteppedClock()
      world.task(() => world.bench.ask(acquire('ann', { ttlS })))
      const endsAt = start + ttlS * 1_000
      let lateFor = 0
      for (const { ticks, byMs, asked } of steps) {
        world.set(byMs)
        if (asked) world.task(() => world.bench.ask(command('release', { tokenHash: hash('nobody') })))
        for (let n = 0; n < ticks; n++) {
          world.tick()
          const isOver = world.own >= endsAt
          if (!isOver) expect(world.holds).toBe(true)
          lateFor = isOver && world.holds ? lateFor + tickMs : 0
          expect(lateFor).toBeLessThanOrEqual(lateMs)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('while the server’s clock steps back the arbiter’s stands still: a reservation lasts longer, by no more than the time between two of its tasks', () => {
  const world = new SteppedClock()
  world.task(() => world.bench.ask(acquire('ann', { ttlS: 60 })))
  for (let n = 0; n < 120; n++) world.tick() // half a minute
  world.set(-3_600_000)
  world.task(() => world.bench.ask(command('release', { tokenHash: hash('nobody') })))
  expect(world.own).toBe(start)
  for (let n = 0; n < 239; n++) world.tick()
  expect(world.holds).toBe(true)
  world.tick()
  expect(world.holds).toBe(false)
})

test('a holder is warned by the arbiter’s own clock as well', () => {
  const world = new SteppedClock()
  world.task(() => world.bench.ask(acquire('ann', { ttlS: 100 })))
  const warned = (): boolean => world.bench.state.outbox?.entries.some((entry) => entry.type === 'lock_expiring') ?? false
  world.set(-60_000)
  world.task(() => world.bench.ask(command('release', { tokenHash: hash('nobody') })))
  for (let n = 0; n < 319; n++) world.tick()
  expect(warned()).toBe(false)
  world.tick()
  expect(warned()).toBe(true)
})
