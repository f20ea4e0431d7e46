import { HostName } from '../../domain/names.ts'
import { DeletionId } from '../../domain/storage/disk.ts'
import { DownloadBody, DownloadId } from '../../domain/storage/download.ts'
import { folderBrowser } from '../../views/catalog/folders.ts'
import { apiRequests } from '../../views/api-requests.ts'
import {
  cancelDownloadDialog,
  deleteWeightsDialog,
  deletionBegun,
  deletionProgress,
  diskOfModel,
  downloadDialog,
  downloadsBegun,
} from '../../views/dialogs/catalog/disk.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { formAction, type Form } from './form-action.ts'
import { filled, hostsIn } from './form.ts'
import { modelKeyIn } from './model-fields.ts'
import type { Dialog } from './page-module.ts'

const idIn = (form: URLSearchParams): string => fit(DownloadId, form.get('id'), 'body')
const hostIn = (fields: URLSearchParams, name: string): string => fit(HostName, fields.get(name), 'query')

/** Weights on the hosts' disks: fetching, and deleting what is no longer wanted. */
export const weightForms = ({ downloads, storage }: Control): readonly Form[] => [
  formAction({
    path: paths.downloadModel,
    read: (form) => ({
      key: modelKeyIn(form),
      body: fit(DownloadBody, { hosts: hostsIn(form), copy_to: form.has('copy_to') ? form.getAll('copy_to') : undefined }, 'body'),
    }),
    requests: ({ key, body }) => apiRequests.download(key, body),
    act: async ({ key, body }, by) => downloadsBegun((await downloads.start(key, body, by)).downloads),
  }),
  formAction({
    path: paths.cancelDownload,
    read: idIn,
    requests: apiRequests.cancelDownload,
    async act(id) {
      await downloads.cancel(id)
      return null
    },
  }),
  formAction({
    path: paths.deleteWeights,
    read: (form) => ({ key: modelKeyIn(form), host: hostIn(form, 'hosts') }),
    requests: ({ key, host }) => apiRequests.deleteWeights(key, host),
    act: async ({ key, host }, by) => deletionBegun(await storage.delete(key, host, by)),
  }),
]

export const weightDialogs = (control: Control): Readonly<Record<string, Dialog>> => ({
  'download-model': async (query) =>
    downloadDialog(
      control.models.read(modelKeyIn(query)),
      (await control.readStatus()).hosts.map(({ name }) => name),
    ),
  'cancel-download': (query) => cancelDownloadDialog(fit(DownloadId, query.get('id'), 'query')),
  'delete-weights': async (query) => deleteWeightsDialog(await control.storage.planDeletion(modelKeyIn(query), hostIn(query, 'host'))),
})

/** What a dialog that is open asks for: the hosts have to be looked at for it. */
export const weightPieces = (control: Control): Readonly<Record<string, Dialog>> => ({
  '/ui/models/folders': async (query) => folderBrowser(await control.storage.folders(hostIn(query, 'host'), filled(query, 'path') ?? null)),
  '/ui/models/disk': async (query) => {
    const model = control.models.read(modelKeyIn(query))
    const [disk, status] = await Promise.all([control.storage.modelDisk(model.key), control.readStatus()])
    return diskOfModel(disk, model, status)
  },
  '/ui/models/disk/deletion': async (query) => deletionProgress(await control.storage.readDeletion(fit(DeletionId, query.get('id'), 'query'))),
})
