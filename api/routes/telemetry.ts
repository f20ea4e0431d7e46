import { z } from 'zod'
import { HostName, Rfc3339 } from '../../domain/names.ts'
import { noFigures } from '../../domain/telemetry/figures.ts'
import { Telemetry } from '../../domain/telemetry/telemetry.ts'
import { wholeNumber } from '../query.ts'
import { json, problem, reply, route, unconfigured } from '../route.ts'

const example: Telemetry = {
  now: '2026-11-24T22:00:12.000Z',
  since: '2026-11-24T21:00:12.000Z',
  step_s: 60,
  hosts: [
    {
      host: 'spark-1',
      points: [
        {
          ...noFigures,
          at: '2026-11-24T21:59:00.000Z',
          ...{ mem_total_bytes: 130663165952, mem_available_bytes: 54760833024, swap_total_bytes: 17179865088, swap_used_bytes: 0 },
          ...{ psi_memory_some_percent: 0, gpu_utilization_percent: 96, gpu_power_w: 61.3, gpu_temperature_c: 71, gpu_sm_clock_mhz: 2418 },
          ...{
            requests_running: 3,
            requests_waiting: 0,
            prompt_tokens_per_s: 812.4,
            generation_tokens_per_s: 96.2,
            kv_cache_percent: 12.5,
            ttft_s: 0.412,
          },
        },
      ],
    },
  ],
}

export const telemetryRoutes = [
  route({
    method: 'GET',
    path: '/api/telemetry',
    summary: 'What was measured on each host and of the model on it, for up to a day back',
    scope: 'read',
    tag: 'status',
    query: z.strictObject({
      host: HostName.optional().meta({ description: 'All, if left out' }),
      since: Rfc3339.optional().meta({ description: 'An hour ago, if left out; a day ago at most' }),
      step_s: wholeNumber(1, 86_400).optional().meta({ description: 'Length of a step; if left out, what gives some 360 of them' }),
    }),
    answers: {
      200: json(Telemetry, 'Means over steps. Null is what was not told, never zero'),
      422: problem('invalid_request', 'unknown_host'),
      503: unconfigured,
    },
    examples: { answers: { 200: example } },
    handle: async ({ query }, { control }) =>
      reply(
        200,
        await control.telemetry.read({
          host: query.host ?? null,
          since: query.since === undefined ? null : Date.parse(query.since),
          stepS: query.step_s ?? null,
        }),
      ),
  }),
]
