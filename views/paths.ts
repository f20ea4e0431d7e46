import type { HostName } from '../domain/names.ts'

const query = (values: Readonly<Record<string, string | readonly string[] | undefined>>): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) search.append(name, one)
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}

/** Every address that the page asks or posts to. The routes in api/pages use the same names. */
export const paths = {
  home: '/',
  docs: '/docs',
  events: '/events',
  swap: '/ui/swap',
  unload: '/ui/unload',
  cancel: '/ui/cancel',
  forceRelease: '/ui/lock/release',
  dryRun: '/ui/dry-run',
  swapDialog: (model: string, force = false) => `/ui/dialog/swap${query({ model, force: force ? '1' : undefined })}`,
  dryRunDialog: (model: string, hosts: readonly HostName[]) => `/ui/dialog/dry-run${query({ model, hosts })}`,
  unloadDialog: (hosts: readonly HostName[]) => `/ui/dialog/unload${query({ hosts })}`,
  cancelDialog: (id: string) => `/ui/dialog/cancel${query({ id })}`,
  releaseDialog: (hosts: readonly HostName[]) => `/ui/dialog/release${query({ hosts })}`,
  swapLog: (id: string) => `/api/swap/${encodeURIComponent(id)}/log`,
}
