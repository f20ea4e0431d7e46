import type { Swap } from '../../domain/swap.ts'

const signs = { pending: '·', running: '▶', done: '✓', failed: '✗', skipped: '–' } as const

/** A swap in Markdown, for Temporal's own page. */
export function describeSwap(swap: Swap): string {
  const subject = swap.model === null ? 'Unload' : `Swap to **${swap.model}**`
  const previous = swap.previous.map(({ model, hosts }) => `${model ?? 'an unknown model'} on ${hosts.join(', ')}`)
  const lines = [
    `${subject} on ${swap.hosts.join(', ')}${swap.outcome === null ? '' : `: **${swap.outcome}**`}`,
    ...(previous.length === 0 ? [] : [`in place of ${previous.join('; ')}`]),
    '',
    ...swap.phases.map(({ name, state, detail }) => `- ${signs[state]} ${name}${detail === null ? '' : `: ${detail}`}`),
    ...(swap.cause === null ? [] : ['', `Cause: \`${swap.cause.code}\` ${swap.cause.message}`, swap.cause.advice]),
  ]
  return lines.join('\n')
}
