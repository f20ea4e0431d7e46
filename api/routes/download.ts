import { z } from 'zod'
import { Download, DownloadBody, DownloadId, DownloadList, DownloadsStarted } from '../../domain/storage/download.ts'
import { callerHeaders } from '../caller.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { downloading, localModel, unknownDownload } from './storage-examples.ts'

const tag = 'downloads'
const ById = z.strictObject({ id: DownloadId })
const headers = z.object({ 'x-spark-holder': callerHeaders['x-spark-holder'] })

export const downloadRoutes = [
  route({
    method: 'POST',
    path: '/api/models/{key}/download',
    summary: 'Download the weights of a model onto hosts, and copy them to others; one that is under way is joined',
    scope: 'admin',
    tag,
    params: z.strictObject({ key: z.string().min(1).max(200) }),
    headers,
    body: DownloadBody.default({}),
    answers: {
      202: json(DownloadsStarted, 'Under way; `Location` has the address of the first'),
      404: problem('unknown_model'),
      409: problem('local_model', 'download_running'),
      422: problem('invalid_request', 'unknown_host'),
      503: unavailable,
    },
    examples: {
      body: { hosts: ['spark-1'], copy_to: ['spark-2'] },
      answers: { 202: { downloads: [{ ...downloading, joined: false }] }, 409: localModel },
    },
    handle: async ({ params: { key }, body, caller }, { control }) => {
      const started = await control.downloads.start(key, body, caller)
      return reply(202, started, { Location: `/api/downloads/${started.downloads[0]?.download_id ?? ''}` })
    },
  }),
  route({
    method: 'GET',
    path: '/api/downloads',
    summary: 'The last download of each host and repository, those under way first',
    scope: 'read',
    tag,
    answers: { 200: json(DownloadList, 'Downloads'), 503: unavailable },
    examples: { answers: { 200: { downloads: [downloading] } } },
    handle: async (_request, { control }) => reply(200, await control.downloads.list()),
  }),
  route({
    method: 'GET',
    path: '/api/downloads/{id}',
    summary: 'One download, and how far it is',
    scope: 'read',
    tag,
    params: ById,
    answers: {
      200: json(Download, 'How it is, or how it ended'),
      404: problem('unknown_download'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { answers: { 200: downloading, 404: unknownDownload } },
    handle: async ({ params }, { control }) => reply(200, await control.downloads.read(params.id)),
  }),
  route({
    method: 'POST',
    path: '/api/downloads/{id}/cancel',
    summary: 'End a download; what is there stays, and the next one goes on from it',
    scope: 'admin',
    tag,
    params: ById,
    headers,
    body: z.strictObject({}).default({}),
    answers: {
      202: json(Download, 'It is asked to end'),
      404: problem('unknown_download'),
      409: problem('download_ended'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { body: {}, answers: { 202: downloading, 404: unknownDownload } },
    handle: async ({ params }, { control }) => reply(202, await control.downloads.cancel(params.id)),
  }),
]
