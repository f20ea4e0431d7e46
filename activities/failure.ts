import { ApplicationFailure } from '@temporalio/activity'
import { causeOf, errors, type Cause } from '../domain/errors.ts'
import { HostError } from './hosts.ts'

/**
 * A cause as Temporal carries it: its code is the failure's type, the whole cause its detail. Only `retryable` codes are tried again by themselves;
 * `memory` ones wait for the memory gate, which is the workflow's business (DESIGN.md §5).
 */
export const failure = (cause: Cause): ApplicationFailure =>
  ApplicationFailure.create({
    type: cause.code,
    message: cause.line === null ? cause.message : `${cause.message}: ${cause.line}`,
    nonRetryable: errors[cause.code].class !== 'retryable',
    details: [cause],
  })

export const causeOfHostError = (error: HostError): Cause => causeOf(error.code, error.message)

/** Runs an activity's body; trouble with a host leaves it as a failure with its code and class. Everything else passes as it is. */
export async function withFailures<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof HostError) throw failure(causeOfHostError(error))
    throw error
  }
}

export const isFatal = (error: HostError): boolean => errors[error.code].class === 'fatal'
