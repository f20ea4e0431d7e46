import { z } from 'zod'

/** A whole number in a query. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ override: { type: 'integer', minimum: min, maximum: max } })

/** `?force=true`; `1` and a bare `?force` mean the same. */
export const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((word) => word !== 'false' && word !== '0')
  .meta({ override: { type: 'boolean' } })
