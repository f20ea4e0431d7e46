import { z } from 'zod'
import { DiscoveryId, DiscoveryView, SaveSetupBody, SetupProposal, SetupSaved } from '../../domain/discovery/view.ts'
import { DiscoverBody } from '../../domain/discovery/visit.ts'
import { actorOf } from '../caller.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { askedForKey, discovering, savedSetup, setupProposal, toSave } from './host-setup-examples.ts'

const tag = 'hosts'
const params = z.strictObject({ id: DiscoveryId })
const ids = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(DiscoveryId).min(1).max(8))

export const hostSetupRoutes = [
  route({
    method: 'POST',
    path: '/api/hosts/discover',
    summary: 'Look at a machine: its host key first; with `fingerprint` confirmed, all that is there. Changes nothing on it',
    scope: 'admin',
    tag,
    body: DiscoverBody,
    answers: { 202: json(DiscoveryView, 'It begins; `Location` has its address'), 422: problem('invalid_request'), 503: unavailable },
    examples: { body: { address: '192.168.1.11', user: 'spark' }, answers: { 202: discovering } },
    handle: async ({ body }, { control }) => {
      const view = await control.setup.discover(body)
      return reply(202, view, { Location: `/api/hosts/discover/${view.discovery_id}` })
    },
  }),
  route({
    method: 'GET',
    path: '/api/hosts/discover/{id}',
    summary: 'How far a look is, and what it found',
    scope: 'read',
    tag,
    params,
    query: z.strictObject({
      wait_s: z.coerce.number().min(0).max(30).optional().meta({ description: 'Answer when it has ended, or after so long' }),
    }),
    answers: { 200: json(DiscoveryView, 'Its state now'), 404: problem('unknown_discovery'), 422: problem('invalid_request'), 503: unavailable },
    examples: { answers: { 200: askedForKey } },
    handle: async ({ params: { id }, query, gone }, { control }) => reply(200, await control.setup.read(id, query.wait_s ?? 0, gone)),
  }),
  route({
    method: 'GET',
    path: '/api/hosts/setup',
    summary: 'What these looks propose for cluster.yaml, models-overrides.yaml and services-overrides.yaml, each entry with where it came from',
    scope: 'read',
    tag,
    query: z.strictObject({ discoveries: ids.meta({ description: 'Ids of looks that found something, with commas between', type: 'string' }) }),
    answers: {
      200: json(SetupProposal, 'Nothing is written yet'),
      404: problem('unknown_discovery'),
      409: problem('discovery_not_done'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { answers: { 200: setupProposal } },
    handle: async ({ query }, { control }) => reply(200, await control.setup.propose(query.discoveries)),
  }),
  route({
    method: 'POST',
    path: '/api/hosts/setup/save',
    summary: 'Write chosen entries into the files and make the place of the fence on the chosen hosts',
    scope: 'admin',
    tag,
    body: SaveSetupBody,
    answers: {
      200: json(SetupSaved, 'Written; `replaced` names what was there before, `then` what happens now'),
      404: problem('unknown_discovery'),
      409: problem('config_changed', 'discovery_not_done'),
      422: problem('invalid_request'),
      503: problem(...unavailable.codes, 'data_dir_read_only'),
      507: problem('data_dir_full'),
    },
    examples: { body: toSave, answers: { 200: savedSetup } },
    handle: async ({ body, caller }, { control }) => reply(200, await control.setup.save(body, actorOf(caller))),
  }),
]
