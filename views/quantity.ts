/** Figures with their units. What nobody knows is `n/a`, never 0. */
const unknown = 'n/a'

const one = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1)).replace(/\.0$/, '')

export const gib = (value: number | null): string => (value === null ? unknown : `${one(value)} GiB`)
export const gibOfBytes = (bytes: number | null): string => gib(bytes === null ? null : bytes / 2 ** 30)
export const percent = (value: number | null): string => (value === null ? unknown : `${value.toFixed(0)} %`)
export const celsius = (value: number | null): string => (value === null ? unknown : `${value.toFixed(0)} °C`)
export const watts = (value: number | null): string => (value === null ? unknown : `${one(value)} W`)
