import { z } from 'zod'
import { CatalogChange, CatalogModel, KnobsBody, ModelEntryBody, NewModelBody } from '../../domain/catalog-model.ts'
import { actorOf, callerHeaders } from '../caller.ts'
import { flag } from '../query.ts'
import { json, problem, reply, replyText, route, text, unavailable, unconfigured } from '../route.ts'

const tag = 'models'
const params = z.strictObject({ key: z.string().min(1).max(200) })
const headers = z.object({ 'x-spark-holder': callerHeaders['x-spark-holder'] })
const dryRun = z.strictObject({
  dry_run: flag.default(false).meta({ description: 'Only tell what would come of it: the commands, and what is wrong' }),
})
const folderCodes = [
  'local_path_relative',
  'local_path_climbs',
  'local_path_outside',
  'local_path_missing',
  'local_path_unreadable',
  'local_path_not_folder',
  'local_path_no_config',
  'local_path_no_weights',
  'local_path_links_out',
] as const
const changeable = {
  404: problem('unknown_model'),
  409: problem('config_changed'),
  422: problem('invalid_request'),
  503: problem('not_configured', 'config_invalid', 'data_dir_read_only'),
  507: problem('data_dir_full'),
}

export const modelRoutes = [
  route({
    method: 'GET',
    path: '/api/models',
    summary: 'The catalog',
    scope: 'read',
    tag,
    answers: { 200: json(z.object({ models: z.array(CatalogModel) }), 'All models, by key'), 503: unconfigured },
    handle: (_request, { control }) => reply(200, { models: control.models.list() }),
  }),
  route({
    method: 'POST',
    path: '/api/models',
    summary: 'Add a model of your own',
    scope: 'admin',
    tag,
    headers,
    query: dryRun,
    body: NewModelBody,
    examples: { body: { key: 'my-tune', name: 'My fine-tune', local_path: '/models/my-tune', knobs: { max_model_len: 32768 } } },
    answers: {
      201: json(CatalogChange, 'Written to models-overrides.yaml; the commands that a swap would run'),
      200: json(CatalogChange, 'Of a dry run: nothing was written'),
      409: problem('model_exists', 'config_changed'),
      422: problem('invalid_request', ...folderCodes),
      503: changeable[503],
      507: changeable[507],
    },
    handle: async ({ body, query, caller }, { control }) => {
      const change = await control.models.create(body, !query.dry_run, actorOf(caller))
      return change.saved ? reply(201, change, { Location: `/api/models/${change.model.key}` }) : reply(200, change)
    },
  }),
  route({
    method: 'GET',
    path: '/api/models/{key}',
    summary: 'One model',
    scope: 'read',
    tag,
    params,
    answers: { 200: json(CatalogModel, 'The model'), 404: problem('unknown_model'), 503: unconfigured },
    handle: ({ params: { key } }, { control }) => reply(200, control.models.read(key)),
  }),
  route({
    method: 'PUT',
    path: '/api/models/{key}',
    summary: 'Change a model: one of your own becomes just this; of one that ships, what is left out stays as it ships',
    scope: 'admin',
    tag,
    params,
    headers,
    query: dryRun,
    body: ModelEntryBody,
    examples: { body: { repo: 'Qwen/Qwen3-30B-A3B-FP8', served_name: 'current', knobs: { max_model_len: 65536 } } },
    answers: {
      200: json(CatalogChange, 'As it is now, and the commands that a swap would run'),
      ...changeable,
      422: problem('invalid_request', ...folderCodes),
    },
    handle: async ({ params: { key }, body, query, caller }, { control }) =>
      reply(200, await control.models.replace(key, body, !query.dry_run, actorOf(caller))),
  }),
  route({
    method: 'PUT',
    path: '/api/models/{key}/knobs',
    summary: 'Change single vLLM settings of a model; null takes one back to what ships',
    scope: 'admin',
    tag,
    params,
    headers,
    query: dryRun,
    body: KnobsBody,
    examples: { body: { max_model_len: 65536, gpu_memory_utilization: null } },
    answers: { 200: json(CatalogChange, 'As it is now; `used_by` runs with the old settings until it is swapped again'), ...changeable },
    handle: async ({ params: { key }, body, query, caller }, { control }) =>
      reply(200, await control.models.setKnobs(key, body, !query.dry_run, actorOf(caller))),
  }),
  route({
    method: 'DELETE',
    path: '/api/models/{key}/knobs',
    summary: 'Take all settings of a model back to what ships',
    scope: 'admin',
    tag,
    params,
    headers,
    query: dryRun,
    answers: { 200: json(CatalogChange, 'As it is now'), ...changeable },
    handle: async ({ params: { key }, query, caller }, { control }) =>
      reply(200, await control.models.setKnobs(key, null, !query.dry_run, actorOf(caller))),
  }),
  route({
    method: 'DELETE',
    path: '/api/models/{key}',
    summary: 'Take a model out of the catalog; its files on the hosts stay',
    scope: 'admin',
    tag,
    params,
    headers,
    answers: {
      204: text('text/plain', 'It is gone'),
      ...changeable,
      409: problem('model_in_use', 'config_changed'),
      503: problem(...unavailable.codes, 'data_dir_read_only'),
    },
    handle: async ({ params: { key }, caller }, { control }) => {
      await control.models.remove(key, actorOf(caller))
      return replyText(204, '')
    },
  }),
]
