import { errors, type ErrorCode } from '../../domain/errors.ts'
import type { HostName } from '../../domain/names.ts'

/** A host that could not be reached, or that refused a command. Its code is one of domain/errors.ts; `detail` says what the host itself said. */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly code: ErrorCode
  readonly host: HostName
  readonly detail: string | undefined

  constructor(code: ErrorCode, host: HostName, detail?: string) {
    super(`${host}: ${errors[code].title}${detail === undefined || detail === '' ? '' : ` (${detail})`}`)
    this.code = code
    this.host = host
    this.detail = detail
  }
}
