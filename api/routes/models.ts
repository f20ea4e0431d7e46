import { z } from 'zod'
import { Model } from '../../domain/model.ts'
import { json, problem, reply, route, unconfigured } from '../route.ts'

const tag = 'models'

export const modelRoutes = [
  route({
    method: 'GET',
    path: '/api/models',
    summary: 'The catalog',
    scope: 'read',
    tag,
    answers: { 200: json(z.object({ models: z.array(Model) }), 'All models, by key'), 503: unconfigured },
    handle: (_request, { control }) => reply(200, { models: [...control.readModels()] }),
  }),
  route({
    method: 'GET',
    path: '/api/models/{key}',
    summary: 'One model',
    scope: 'read',
    tag,
    params: z.strictObject({ key: z.string().min(1).max(200) }),
    answers: { 200: json(Model, 'The model'), 404: problem('unknown_model'), 503: unconfigured },
    handle: ({ params }, { control }) => reply(200, control.readModel(params.key)),
  }),
]
