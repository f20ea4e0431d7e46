import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { secretTrouble } from '../../domain/webhooks/webhook.ts'

/**
 * The headers that prove where a delivery comes from. `X-Spark-Signature` signs the body with the secret as it is written; the Standard Webhooks ones sign id, time and
 * body with the base64 behind `whsec_`, or with the secret as it is written where it has no such form. Without a secret there is nothing to prove.
 */
export function signatureHeaders(secret: string | null, id: string, at: Date, body: string): Record<string, string> {
  const named = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)) }
  if (secret === null) return named
  return {
    ...named,
    'webhook-signature': signer(secret).sign(id, at, body),
    'x-spark-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
}

const signer = (secret: string): Webhook =>
  secret.startsWith('whsec_') && secretTrouble(secret) === null ? new Webhook(secret) : new Webhook(secret, { format: 'raw' })
