/** How many requests an engine works on or keeps waiting, read from its `/metrics`; null when the page has no such number. */
export function openRequests(metrics: string): number | null {
  const values = [...metrics.matchAll(/^vllm:num_requests_(?:running|waiting)(?:\{[^}]*\})?\s+([0-9.eE+-]+)\s*$/gm)].map((match) => Number(match[1]))
  return values.length === 0 || values.some(Number.isNaN) ? null : values.reduce((sum, value) => sum + value, 0)
}
