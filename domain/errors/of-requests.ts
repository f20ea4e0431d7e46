import type { ErrorRow } from './error-row.ts'

/** What is wrong with a request, or with the parts that should answer it. */
export const ofRequests = {
  // requests
  bad_json: { status: 400, class: 'fatal', title: 'The body is not JSON', advice: 'Send one JSON object with Content-Type: application/json.' },
  wrong_content_type: { status: 415, class: 'fatal', title: 'The body has the wrong type', advice: 'Send Content-Type: application/json.' },
  body_too_large: { status: 413, class: 'fatal', title: 'The body is too large', advice: 'Send at most 64 kB.' },
  invalid_request: { status: 422, class: 'fatal', title: 'The request does not fit', advice: 'See `errors` for each field and docs for the shape.' },
  not_found: { status: 404, class: 'fatal', title: 'There is nothing at this address', advice: 'See /docs for the routes.' },
  method_not_allowed: { status: 405, class: 'fatal', title: 'This address does not take that method', advice: 'See the Allow header.' },
  host_not_allowed: {
    status: 421,
    class: 'fatal',
    title: 'This server does not answer to that host name',
    advice: 'Use its address or host name, or add the name to ALLOWED_HOSTS.',
  },
  cross_origin: {
    status: 403,
    class: 'fatal',
    title: 'A page of another site may not do this',
    advice: 'Open the dashboard itself, or call the API without a browser.',
  },
  unexpected: { status: 500, class: 'fatal', title: 'Something went wrong here', advice: 'The log of the API has the cause under this request id.' },
  // the gate
  unknown_model: { status: 404, class: 'fatal', title: 'No model of that key is in the catalog', advice: 'See GET /api/models.' },
  model_exists: {
    status: 409,
    class: 'fatal',
    title: 'The catalog has a model of that key already',
    advice: 'Choose another key, or change that model.',
  },
  model_in_use: { status: 409, class: 'fatal', title: 'That model is loaded, or on its way', advice: 'Swap to another model or unload it first.' },
  unknown_host: { status: 422, class: 'fatal', title: 'No host of that name is in the cluster', advice: 'See hosts in GET /api/status.' },
  unknown_swap: { status: 404, class: 'fatal', title: 'No swap of that id is known', advice: 'See GET /api/swap.' },
  unknown_log: { status: 404, class: 'fatal', title: 'The swap kept no such log', advice: 'See GET /api/swap/{id}/logs.' },
  ambiguous_unload: { status: 422, class: 'fatal', title: 'It is not clear what to unload', advice: 'Name the hosts.' },
  busy: {
    status: 409,
    class: 'retryable',
    title: 'A swap or host operation is running on these hosts',
    advice: 'Wait for it, cancel it, or ask with on_busy: queue.',
  },
  no_free_host: {
    status: 409,
    class: 'retryable',
    title: 'No host is free for this model',
    advice: 'Name the host whose model may go, with `hosts`; or unload one, or wait.',
  },
  queue_full: { status: 409, class: 'retryable', title: 'Too many swaps are waiting already', advice: 'Wait until one has ended.' },
  swap_ended: { status: 409, class: 'fatal', title: 'This swap has ended already', advice: 'Nothing is left to do.' },
  reserved: {
    status: 423,
    class: 'retryable',
    title: 'Someone else has reserved these GPUs',
    advice: 'Wait until expires_at, stand in line with ?wait_s=, or release it with a reason.',
  },
  lock_stale: {
    status: 409,
    class: 'fatal',
    title: 'This lock token is not current',
    advice: 'Acquire the lock again; someone else may have held it since.',
  },
  quarantined: {
    status: 409,
    class: 'retryable',
    title: 'This host is in quarantine',
    advice: 'It was unreachable while its model was replaced. It is cleared by itself when it is back.',
  },
  surveying: { status: 503, class: 'retryable', title: 'The arbiter is still looking at these hosts', advice: 'Try again in a few seconds.' },
  expired: { status: 503, class: 'retryable', title: 'The request came too late to be decided', advice: 'Nothing was done. Try again.' },
  id_reused: { status: 422, class: 'fatal', title: 'This Idempotency-Key was used for another request', advice: 'Use a new key for a new request.' },
  // schedules
  unknown_schedule: { status: 404, class: 'fatal', title: 'No schedule of that id is registered', advice: 'See GET /api/schedule.' },
  schedule_exists: {
    status: 409,
    class: 'fatal',
    title: 'That id belongs to a schedule of the other kind',
    advice: 'Choose another id, or delete that schedule first.',
  },
  schedule_not_managed: {
    status: 409,
    class: 'fatal',
    title: 'An external schedule is never fired from here',
    advice: 'Run, pause or resume it where its cron is.',
  },
  schedule_managed: {
    status: 409,
    class: 'fatal',
    title: 'A managed schedule tells of its runs by itself',
    advice: 'Pings are for external schedules. To have it run now, use /run.',
  },
  too_many_schedules: { status: 409, class: 'fatal', title: 'No more schedules can be registered', advice: 'Delete some that are over.' },
  cron_invalid: {
    status: 422,
    class: 'fatal',
    title: 'This cron expression cannot be read',
    advice: 'Five fields: minute, hour, day of month, month, day of week; or @daily and the like. There are no seconds.',
  },
  cron_never_fires: { status: 422, class: 'fatal', title: 'This plan never comes due', advice: 'Look at its day and month, or its date.' },
  unknown_timezone: { status: 422, class: 'fatal', title: 'There is no such time zone', advice: 'Use an IANA name, as in Europe/Zurich.' },
  // webhooks
  unknown_webhook: { status: 404, class: 'fatal', title: 'No webhook of that id is there', advice: 'See GET /api/webhooks.' },
  unknown_delivery: { status: 404, class: 'fatal', title: 'No delivery of that id is known', advice: 'See GET /api/webhooks/deliveries.' },
  webhook_read_only: {
    status: 409,
    class: 'fatal',
    title: 'This webhook is defined in a file or the environment',
    advice: 'Change it there: cluster.yaml, or WEBHOOK_URL.',
  },
  webhook_url_denied: {
    status: 422,
    class: 'fatal',
    title: 'Webhooks may not be sent to this address',
    advice: 'Use the LAN or public address of the receiver. Loopback needs WEBHOOK_ALLOW_LOOPBACK=1.',
  },
  too_many_webhooks: { status: 409, class: 'fatal', title: 'No more webhooks can be added', advice: 'Delete some first.' },
  // services
  unknown_service: { status: 404, class: 'fatal', title: 'No service of that name is configured', advice: 'See GET /api/endpoints.' },
  unknown_discovery: {
    status: 404,
    class: 'fatal',
    title: 'No discovery of that id is known',
    advice: 'Look at the host again.',
  },
  discovery_not_done: {
    status: 409,
    class: 'retryable',
    title: 'That look at a host found nothing yet',
    advice: 'Ask how it stands: GET /api/hosts/discover/{id}.',
  },
  unknown_restart: {
    status: 404,
    class: 'fatal',
    title: 'No restart of that id is known',
    advice: 'Ask with the id that the restart was answered with.',
  },
  service_not_restartable: {
    status: 409,
    class: 'fatal',
    title: 'It is not known which container this service is',
    advice: 'Give its `host` and `container` in services-overrides.yaml.',
  },
  // files
  setting_fixed: {
    status: 409,
    class: 'fatal',
    title: 'This setting is not changed here',
    advice: 'Its environment variable wins, or it is known only there: change that and start again.',
  },
  config_changed: {
    status: 409,
    class: 'retryable',
    title: 'The file was changed by somebody else meanwhile',
    advice: 'Look at it, then try again. Nothing was written.',
  },
  data_dir_full: { status: 507, class: 'fatal', title: 'The disk of the data directory is full', advice: 'Free some space. The old file is intact.' },
  data_dir_read_only: {
    status: 503,
    class: 'fatal',
    title: 'The data directory cannot be written',
    advice: 'Look at its owner and mount. The old file is intact.',
  },
  // parts
  not_configured: {
    status: 503,
    class: 'fatal',
    title: 'There is no cluster.yaml',
    advice: 'This data directory knew a real cluster once. Put its cluster.yaml back into the config directory, or make a new one: npm run setup.',
  },
  config_invalid: {
    status: 503,
    class: 'fatal',
    title: 'A configuration file has an error',
    advice: 'Mend the file at the named line; it is read again by itself.',
  },
  temporal_down: { status: 503, class: 'retryable', title: 'Temporal does not answer', advice: 'Nothing was lost. Start it, or see /readyz.' },
  worker_down: {
    status: 503,
    class: 'retryable',
    title: 'No worker answers',
    advice: 'Nothing was done. Start one with `npm run worker`, or see /readyz.',
  },
} as const satisfies Record<string, ErrorRow>
