import { z } from 'zod'
import { ConnectivityReport } from '../../domain/connectivity.ts'
import { DeepReport } from '../../domain/services/deep-report.ts'
import { Endpoints } from '../../domain/services/endpoints.ts'
import { RestartId, ServiceRestart } from '../../domain/services/restart.ts'
import { ServiceName } from '../../domain/services/service.ts'
import { callerHeaders } from '../caller.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { busyProblem } from './swap-examples.ts'
import { reservedProblem } from './lock-examples.ts'
import { brokenWay, deepAnswers, endpoints, restarting, unknownService } from './service-examples.ts'

const tag = 'services'
const { 'x-spark-schedule': _, ...headers } = callerHeaders

export const serviceRoutes = [
  route({
    method: 'GET',
    path: '/api/endpoints',
    summary: 'Where clients find the models and services, and how each is',
    scope: 'read',
    tag,
    answers: { 200: json(Endpoints, 'What is not known is null or `unknown`') },
    examples: { answers: { 200: endpoints } },
    handle: async (_request, { control }) => reply(200, await control.services.endpoints()),
  }),
  route({
    method: 'GET',
    path: '/api/health/deep',
    summary: 'Ask every model and service a real question: a completion, an embedding. Wakes what sleeps; never done by itself',
    scope: 'read',
    tag,
    answers: { 200: json(DeepReport, 'Each with its answer; `ok` is false when one gave none'), 503: unavailable },
    examples: { answers: { 200: deepAnswers } },
    handle: async (_request, { control }) => reply(200, await control.services.deepHealth()),
  }),
  route({
    method: 'GET',
    path: '/api/connectivity',
    summary: 'Try the way to every host, hop by hop: name, SSH port, login, Docker, model port',
    scope: 'read',
    tag,
    answers: { 200: json(ConnectivityReport, 'Each host with the hop that broke first'), 503: unavailable },
    examples: { answers: { 200: brokenWay } },
    handle: async (_request, { control }) => reply(200, await control.services.connectivity()),
  }),
  route({
    method: 'POST',
    path: '/api/services/{name}/restart',
    summary: "Restart a service's container, as a host operation through the same gate as swaps",
    scope: 'swap',
    tag,
    params: z.strictObject({ name: ServiceName }),
    headers: z.object(headers),
    body: z.strictObject({}).default({}),
    answers: {
      202: json(ServiceRestart, 'It begins; `Location` has its address'),
      404: problem('unknown_service'),
      409: problem('busy', 'service_not_restartable', 'lock_stale', 'quarantined', 'foreign_cluster', 'stale_fence'),
      422: problem('invalid_request', 'unknown_host'),
      423: problem('reserved'),
      502: problem('host_unreachable', 'host_key_unknown', 'host_key_changed', 'ssh_refused', 'fence_unwritable', 'disk_full', 'host_command_failed'),
      503: unavailable,
    },
    examples: { body: {}, answers: { 202: restarting, 404: unknownService, 409: busyProblem, 423: reservedProblem } },
    handle: async ({ params, caller }, { control }) => {
      const restart = await control.services.restart(params.name, caller)
      return reply(202, restart, { Location: `/api/services/restarts/${restart.restart_id}` })
    },
  }),
  route({
    method: 'GET',
    path: '/api/services/restarts/{id}',
    summary: 'One restart of a service',
    scope: 'read',
    tag,
    params: z.strictObject({ id: RestartId }),
    answers: { 200: json(ServiceRestart, 'How it is, or how it ended'), 404: problem('unknown_restart'), 503: unavailable },
    examples: { answers: { 200: { ...restarting, state: 'ok', detail: 'qdrant runs again on spark-1', ended_at: '2026-11-24T22:00:05.210Z' } } },
    handle: async ({ params }, { control }) => reply(200, await control.services.readRestart(params.id)),
  }),
]
