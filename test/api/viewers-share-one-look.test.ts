import { expect, test } from 'vitest'
import { Briefly } from '../../api/briefly.ts'
import { steadyConfig } from '../../api/steady-config.ts'
import type { ConfigSource, ConfigState } from '../../config/load.ts'

test('a hundred viewers at once cost one look, also when it fails', async () => {
  const briefly = new Briefly<string>(60_000)
  let looks = 0
  const look = (): Promise<string> => Promise.resolve(`look ${String((looks += 1))}`)
  const seen = await Promise.all(Array.from({ length: 100 }, () => briefly.get('swap', look)))
  expect(new Set(seen)).toEqual(new Set(['look 1']))

  const failing = (): Promise<string> => {
    looks += 1
    return Promise.reject(new Error('down'))
  }
  const failures = await Promise.allSettled(Array.from({ length: 100 }, () => briefly.get('other', failing)))
  expect(failures.every(({ status }) => status === 'rejected')).toBe(true)
  expect(looks).toBe(2)
})

test('after a change of our own the next viewer sees it', async () => {
  const briefly = new Briefly<number>(60_000)
  let value = 1
  const look = (): Promise<number> => Promise.resolve(value)
  expect(await briefly.get('', look)).toBe(1)
  value = 2
  expect(await briefly.get('', look)).toBe(1)
  briefly.forget()
  expect(await briefly.get('', look)).toBe(2)
})

test('what was shown once is never followed by something older', async () => {
  const briefly = new Briefly<string>(60_000)
  expect(await briefly.get('swap', () => Promise.resolve('queued'))).toBe('queued')
  briefly.put('swap', Promise.resolve('done'))
  expect(await briefly.get('swap', () => Promise.resolve('never asked'))).toBe('done')
})

test('a configuration is looked at once for many questions, and again when its time is over', () => {
  const state = {} as ConfigState // only its identity matters here
  let looks = 0
  const source: ConfigSource = {
    places: {} as ConfigSource['places'],
    read: () => {
      looks += 1
      return state
    },
    reread: () => state,
  }
  const steady = steadyConfig(source, 60_000)
  for (let i = 0; i < 100; i++) expect(steady.read()).toBe(state)
  expect(looks).toBe(1)
  const hasty = steadyConfig(source, 0)
  hasty.read()
  hasty.read()
  expect(looks).toBe(4)
})
