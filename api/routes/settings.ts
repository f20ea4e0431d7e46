import { SettingsChange, SettingsView } from '../../domain/settings-view.ts'
import { actorOf, callerHeaders } from '../caller.ts'
import { json, problem, reply, route, unconfigured } from '../route.ts'
import { z } from 'zod'

const tag = 'settings'
const path = '/api/settings'

export const settingRoutes = [
  route({
    method: 'GET',
    path,
    summary: 'Every setting: its value, where that comes from, and what was refused',
    scope: 'read',
    tag,
    answers: { 200: json(SettingsView, 'All settings') },
    handle: (_request, { control }) => reply(200, control.settings.list()),
  }),
  route({
    method: 'PUT',
    path,
    summary: 'Change settings in cluster.yaml, its comments kept; all of them or none',
    scope: 'admin',
    tag,
    headers: z.object({ 'x-spark-holder': callerHeaders['x-spark-holder'] }),
    body: SettingsChange,
    examples: { body: { drain_s: 60, launch_stall_s: null } },
    answers: {
      200: json(SettingsView, 'As they are now'),
      409: problem('setting_fixed', 'config_changed'),
      422: problem('invalid_request'),
      503: problem(...unconfigured.codes, 'data_dir_read_only'),
      507: problem('data_dir_full'),
    },
    handle: async ({ body, caller }, { control }) => reply(200, await control.settings.change(body, actorOf(caller))),
  }),
]
