import { z } from 'zod'
import { DiscoverBody, HostAddress } from '../../domain/discovery/visit.ts'
import { DiscoveryId, SaveSetupBody } from '../../domain/discovery/view.ts'
import { apiRequests } from '../../views/api-requests.ts'
import type { Html } from '../../views/html.ts'
import { paths } from '../../views/paths.ts'
import { addHostDialog, lookBegun, lookEnded, lookLeadsOn, lookProgress } from '../../views/setup/look.ts'
import { proposalDialog, savedDialog } from '../../views/setup/proposal.ts'
import { setupRegions } from '../../views/setup/regions.ts'
import { actorOf } from '../caller.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { formAction } from './form-action.ts'
import { filled } from './form.ts'
import type { PageModule } from './page-module.ts'

const Ids = z.array(DiscoveryId).max(8)

/** "Add your Sparks": looks at machines, step by step in the dialog, and the files that are made of them. */
export function setupPage(control: Control): PageModule {
  const { setup } = control
  async function shown(id: string, before: readonly string[]): Promise<Html> {
    const view = await setup.read(id)
    if (view.state === 'running') return lookBegun(view, before)
    if (view.state === 'found') return proposalDialog(await setup.propose([...new Set([...before, id])]))
    return lookEnded(view, before)
  }
  return {
    page: 'setup',
    view: (_query, origin) => ({
      page: 'setup',
      stream: paths.stream('setup'),
      async look() {
        const status = await control.readStatus()
        return { status, regions: setupRegions(status, origin) }
      },
    }),
    forms: [
      formAction({
        path: paths.lookAtHost,
        read: (form) => ({ body: bodyIn(form), before: idsIn(form.get('with')) }),
        requests: ({ body }) => apiRequests.discoverHost(body),
        act: async ({ body, before }) => lookBegun(await setup.discover(body), before),
      }),
      formAction({
        path: paths.saveSetup,
        read: (form) =>
          fit(
            SaveSetupBody,
            {
              discoveries: idsIn(form.get('discoveries')),
              entries: form.getAll('entries'),
              based_on: form.get('based_on') ?? '',
              cluster_id: filled(form, 'cluster_id'),
            },
            'body',
          ),
        requests: apiRequests.saveSetup,
        act: async (body, by) => savedDialog(await setup.save(body, actorOf(by))),
      }),
    ],
    dialogs: {
      'add-host': (query) => addHostDialog(knownIn(query), idsIn(query.get('with'))),
    },
    pieces: {
      [paths.lookEndPath]: async (query) => await shown(fit(DiscoveryId, query.get('id'), 'query'), idsIn(query.get('with'))),
      [paths.lookStatePath]: async (query) => {
        const view = await setup.read(fit(DiscoveryId, query.get('id'), 'query'))
        const before = idsIn(query.get('with'))
        return view.state === 'running' ? lookProgress(view, before) : lookLeadsOn(view, before)
      },
    },
  }
}

const bodyIn = (form: URLSearchParams): DiscoverBody =>
  fit(
    DiscoverBody,
    { address: form.get('address') ?? '', user: filled(form, 'user'), port: filled(form, 'port'), fingerprint: filled(form, 'fingerprint') },
    'body',
  )

const idsIn = (text: string | null): string[] =>
  fit(
    Ids,
    (text ?? '').split(',').filter((id) => id !== ''),
    'query',
  )

/** A machine that another one knows; what is no address is left for the reader to fill in. */
function knownIn(query: URLSearchParams): Partial<HostAddress> {
  const known = HostAddress.safeParse({ address: query.get('address') ?? '', user: query.get('user') ?? undefined })
  return known.success ? known.data : {}
}
