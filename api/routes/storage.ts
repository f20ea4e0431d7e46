import { z } from 'zod'
import { HostName } from '../../domain/names.ts'
import { DeletionId, DeletionReport, Disks, DiskDeletion, ModelDisk } from '../../domain/storage/disk.ts'
import { FolderList } from '../../domain/storage/question.ts'
import { callerHeaders } from '../caller.ts'
import { flag } from '../query.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { reservedProblem } from './lock-examples.ts'
import { allDisks, deleted, deletionReport, folders, inUse, modelOnDisk, outside } from './storage-examples.ts'

const tag = 'disks'
const { 'x-spark-schedule': _, ...headers } = callerHeaders
const ByKey = z.strictObject({ key: z.string().min(1).max(200) })
const hostTrouble = problem(
  'host_unreachable',
  'host_key_unknown',
  'host_key_changed',
  'ssh_refused',
  'fence_unwritable',
  'disk_full',
  'host_command_failed',
  'host_command_unknown',
  'host_lock_timeout',
)

export const storageRoutes = [
  route({
    method: 'GET',
    path: '/api/hosts/{name}/folders',
    summary: 'Folders of a host that may hold local models; only inside of its `model_roots`, links followed',
    scope: 'read',
    tag,
    params: z.strictObject({ name: HostName }),
    query: z.strictObject({
      path: z
        .string()
        .min(1)
        .max(1000)
        .regex(/^[^\p{Cc}]*$/u, 'no control characters')
        .optional()
        .meta({ description: 'Without it: the folders where local models may lie' }),
    }),
    answers: {
      200: json(FolderList, 'Its folders; hidden ones and links that lead out are not shown'),
      422: problem(
        'invalid_request',
        'unknown_host',
        'local_path_relative',
        'local_path_climbs',
        'local_path_outside',
        'local_path_missing',
        'local_path_unreadable',
        'local_path_not_folder',
      ),
      502: hostTrouble,
      503: unavailable,
    },
    examples: { answers: { 200: folders, 422: outside } },
    handle: async ({ params, query }, { control }) => reply(200, await control.storage.folders(params.name, query.path ?? null)),
  }),
  route({
    method: 'GET',
    path: '/api/disk',
    summary: 'What lies on the disk of each host: every repository of its cache, and the folders of local models',
    scope: 'read',
    tag,
    answers: { 200: json(Disks, 'Each host with its weights, the largest first'), 503: unavailable },
    examples: { answers: { 200: allDisks } },
    handle: async (_request, { control }) => reply(200, await control.storage.disk()),
  }),
  route({
    method: 'GET',
    path: '/api/models/{key}/disk',
    summary: 'What each host has of a model',
    scope: 'read',
    tag,
    params: ByKey,
    answers: { 200: json(ModelDisk, 'By host'), 404: problem('unknown_model'), 503: unavailable },
    examples: { answers: { 200: modelOnDisk } },
    handle: async ({ params: { key } }, { control }) => reply(200, await control.storage.modelDisk(key)),
  }),
  route({
    method: 'DELETE',
    path: '/api/models/{key}/disk',
    summary: 'Delete the weights of a model from a host, as a host operation through the same gate as swaps; local models are never deleted',
    scope: 'admin',
    tag,
    params: ByKey,
    headers: z.object(headers),
    query: z.strictObject({
      host: HostName,
      dry_run: flag.default(false).meta({ description: 'Only list what would go' }),
    }),
    answers: {
      200: json(z.union([DeletionReport, DiskDeletion]), 'Over: how it ended; or, of a dry run, what would go'),
      202: json(DiskDeletion, 'Under way; `Location` has its address'),
      404: problem('unknown_model'),
      409: problem('local_model', 'model_in_use', 'download_running', 'busy', 'lock_stale', 'quarantined', 'foreign_cluster', 'stale_fence'),
      422: problem('invalid_request', 'unknown_host'),
      423: problem('reserved'),
      502: hostTrouble,
      503: unavailable,
    },
    examples: {
      answers: { 200: deletionReport, 202: { ...deleted, state: 'running', detail: null, ended_at: null }, 409: inUse, 423: reservedProblem },
    },
    handle: async ({ params: { key }, query, caller }, { control }) => {
      if (query.dry_run) return reply(200, await control.storage.planDeletion(key, query.host))
      const deletion = await control.storage.delete(key, query.host, caller)
      const Location = `/api/disk/deletions/${deletion.deletion_id}`
      return deletion.state === 'running' ? reply(202, deletion, { Location }) : reply(200, deletion, { Location })
    },
  }),
  route({
    method: 'GET',
    path: '/api/disk/deletions/{id}',
    summary: 'One deletion of weights',
    scope: 'read',
    tag,
    params: z.strictObject({ id: DeletionId }),
    answers: {
      200: json(DiskDeletion, 'How it is, or how it ended'),
      404: problem('unknown_deletion'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { answers: { 200: deleted } },
    handle: async ({ params }, { control }) => reply(200, await control.storage.readDeletion(params.id)),
  }),
]
