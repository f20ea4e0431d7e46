import { Connection } from '@temporalio/client'
import packageFile from '../../package.json' with { type: 'json' }
import { addressRules } from '../../config/address-rules.ts'
import { secretOf, webhooksOf } from '../../config/webhooks.ts'
import { WebhookMarks } from '../../config/webhook-marks.ts'
import type { AddressRules } from '../../domain/webhooks/address-policy.ts'
import { bodyOf } from '../../domain/webhooks/body.ts'
import type { AttemptReport, DeliveryRequest } from '../../domain/webhooks/delivery.ts'
import { isOn, type Endpoint } from '../../domain/webhooks/endpoint.ts'
import { afterFailure, hasFailedTooLong, readRetryAfter } from '../../domain/webhooks/retries.ts'
import type { ActivityDeps } from '../deps.ts'
import { post, type Posted, type PostLimits } from './post.ts'
import type { MostAtOnce } from './room.ts'
import { signatureHeaders } from './signature.ts'

export interface AttemptOptions {
  readonly limitMs: number
  readonly mostAtOnce: MostAtOnce
  readonly resolve: PostLimits['resolve']
}

/** One attempt of a delivery, with what follows from it. The endpoint is read anew each time: it may have another URL or secret by now, be off or gone. */
export async function attempt(
  deps: ActivityDeps,
  options: AttemptOptions,
  { webhookId, event }: DeliveryRequest,
  number: number,
): Promise<AttemptReport> {
  const { config, log } = deps
  const { endpoints, unreadable } = webhooksOf(config, log)
  const endpoint = endpoints.find(({ id }) => id === webhookId)
  const at = new Date()
  const report = { url: endpoint?.url ?? null, reason: null, retryAfterS: null, scale: config.read().settings.webhook_retry_scale }
  // A ping goes to an endpoint that is off as well: its owner wants to know before switching it on.
  if (endpoint === undefined ? !unreadable : !isOn(endpoint) && event.type !== 'ping') return { ...report, attempt: null, verdict: 'gone' }

  const started = performance.now()
  const posted =
    endpoint === undefined ? untold('configuration: a file cannot be read') : await send(deps, options, endpoint, bodyOf(event), event.id, at)
  const error = posted.error ?? whyNot(posted.status)
  const latency_ms = Math.round(performance.now() - started)
  log.info({ webhook: webhookId, event: event.id, type: event.type, attempt: number, status: posted.status, error }, 'webhook attempt')
  return {
    ...report,
    attempt: { number, at: at.toISOString(), status: posted.status, latency_ms, response: posted.response, error },
    ...(await verdictOn(deps, webhookId, event.type === 'ping', posted.status, error)),
    retryAfterS: error === null ? null : readRetryAfter(posted.retryAfter, Date.now()),
  }
}

async function send(deps: ActivityDeps, options: AttemptOptions, endpoint: Endpoint, body: string, id: string, at: Date): Promise<Posted> {
  let secret: string | null
  try {
    secret = secretOf(deps.config, endpoint)
  } catch {
    return untold('configuration: the secret cannot be read') // never unsigned where a signature is expected
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Spark-Control/${packageFile.version}`,
    ...signatureHeaders(secret, id, at, body),
  }
  const posted = await post(new URL(endpoint.url), headers, body, { ...options, rules: rulesOf(deps) })
  // A receiver that answers with our secret must not bring it into the record.
  return secret === null ? posted : { ...posted, response: posted.response.replaceAll(secret, '(secret)') }
}

const untold = (error: string): Posted => ({ status: null, retryAfter: undefined, response: '', error })

function whyNot(status: number | null): string | null {
  if (status === null) return 'no answer'
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirect' : `status ${String(status)}`
}

/** Keeps count of failures in a row; one that answered 410 or has failed for too long is to be left alone. */
async function verdictOn(
  { config, log }: ActivityDeps,
  id: string,
  isPing: boolean,
  status: number | null,
  error: string | null,
): Promise<Pick<AttemptReport, 'verdict' | 'reason'>> {
  if (status === 410) return { verdict: 'refused', reason: 'the receiver answered 410 Gone' }
  const marks = new WebhookMarks(config.places)
  const before = marks.failing(id)
  try {
    if (error === null) {
      if (before !== null) await marks.keepFailing(id, null)
      return { verdict: 'delivered', reason: null }
    }
    if (isPing) return { verdict: 'failed', reason: null }
    const failing = afterFailure(before, Date.now())
    await marks.keepFailing(id, failing)
    const reason = hasFailedTooLong(failing, Date.now())
    return { verdict: reason === null ? 'failed' : 'refused', reason }
  } catch (trouble) {
    log.warn({ err: trouble, webhook: id }, 'the count of failures could not be kept')
    return { verdict: error === null ? 'delivered' : 'failed', reason: null }
  }
}

const rulesOf = ({ config, client }: ActivityDeps): AddressRules =>
  addressRules(config.read().settings, client.connection instanceof Connection ? client.connection.options.address : '')
