import { createHash, randomBytes } from 'node:crypto'
import type { Sha256 } from '../domain/names.ts'

/** A lock token of 256 bits. It is shown to its holder once; everyone else sees its hash (ARBITER.md R1). */
export const mintToken = (): string => randomBytes(32).toString('base64url')

export const sha256 = (text: string): Sha256 => createHash('sha256').update(text).digest('hex')
