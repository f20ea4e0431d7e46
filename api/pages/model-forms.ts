import type { CatalogChange } from '../../domain/catalog-model.ts'
import type { Actor } from '../../domain/events.ts'
import { apiRequests } from '../../views/api-requests.ts'
import { curlNotYet } from '../../views/as-curl.ts'
import type { ApiRequest } from '../../views/curl.ts'
import { changePreview, savedInUse } from '../../views/dialogs/catalog/preview.ts'
import { paths } from '../../views/paths.ts'
import { actorOf } from '../caller.ts'
import type { Control } from '../deps.ts'
import { formAction, type Form } from './form-action.ts'
import { modelKeyIn, readEntryForm, readKnobsForm, readNewModelForm } from './model-fields.ts'

interface Change<T> {
  readonly path: string
  /** The same form is posted here to be told what would come of it. */
  readonly previewPath: string
  readonly read: (form: URLSearchParams) => T
  readonly request: (asked: T, dryRun: boolean) => ApiRequest
  readonly change: (asked: T, save: boolean, actor: Actor) => Promise<CatalogChange>
}

/** What the forms of the page of models do. */
export function modelForms({ models }: Control): readonly Form[] {
  return [
    ...changing({
      path: paths.addModel,
      previewPath: paths.previewNewModel,
      read: readNewModelForm,
      request: apiRequests.createModel,
      change: (body, save, actor) => models.create(body, save, actor),
    }),
    ...changing({
      path: paths.editModel,
      previewPath: paths.previewModel,
      read: (form) => ({ key: modelKeyIn(form), entry: readEntryForm(form) }),
      request: ({ key, entry }, dryRun) => apiRequests.replaceModel(key, entry, dryRun),
      change: ({ key, entry }, save, actor) => models.replace(key, entry, save, actor),
    }),
    ...changing({
      path: paths.editKnobs,
      previewPath: paths.previewKnobs,
      read: (form) => ({ key: modelKeyIn(form), change: readKnobsForm(form) }),
      request: ({ key, change }, dryRun) => apiRequests.setKnobs(key, change, dryRun),
      change: ({ key, change }, save, actor) => models.setKnobs(key, change, save, actor),
    }),
    formAction({
      path: paths.resetKnobs,
      read: modelKeyIn,
      requests: apiRequests.resetKnobs,
      async act(key, by) {
        const change = await models.setKnobs(key, null, true, actorOf(by))
        return change.used_by.length === 0 ? null : changePreview(change)
      },
    }),
    formAction({
      path: paths.deleteModel,
      read: modelKeyIn,
      requests: apiRequests.deleteModel,
      async act(key, by) {
        await models.remove(key, actorOf(by))
        return null
      },
    }),
  ]
}

/** A change, and the same only tried. */
const changing = <T>({ path, previewPath, read, request, change }: Change<T>): readonly Form[] => [
  formAction({
    path,
    read,
    requests: (asked) => request(asked, false),
    async act(asked, by) {
      const made = await change(asked, true, actorOf(by))
      return made.used_by.length === 0 ? null : savedInUse(made)
    },
  }),
  formAction({
    path: previewPath,
    read,
    requests: (asked) => request(asked, true),
    act: async (asked, by) => changePreview(await change(asked, false, actorOf(by))),
    refusedAs: curlNotYet,
  }),
]
