import { z } from 'zod'

/**
 * Every error that leaves this program, by its stable code. HTTP status, title and advice are read from here by the API, the pages, the docs and the tests.
 * A code never changes its meaning. `class` tells a retry what it may do (DESIGN.md §5): `retryable` (network, host busy), `memory` (after the memory gate passes), `fatal`.
 */
interface ErrorRow {
  readonly status: number
  readonly class: 'retryable' | 'memory' | 'fatal'
  readonly title: string
  readonly advice: string
}

export const errors = {
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
  ambiguous_unload: { status: 422, class: 'fatal', title: 'It is not clear what to unload', advice: 'Name the hosts.' },
  busy: {
    status: 409,
    class: 'retryable',
    title: 'A swap or host operation is running on these hosts',
    advice: 'Wait for it, cancel it, or ask with on_busy: queue.',
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
    advice: 'This data directory knew a real cluster once. Put its cluster.yaml back into the config directory.',
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
  // hosts
  host_unreachable: {
    status: 502,
    class: 'retryable',
    title: 'The host does not answer',
    advice: 'Is it on, and is its address in cluster.yaml right?',
  },
  host_key_unknown: {
    status: 502,
    class: 'fatal',
    title: 'The host key is not pinned yet',
    advice: 'Run `npm run trust -- <host>` and compare the fingerprint.',
  },
  host_key_changed: {
    status: 502,
    class: 'fatal',
    title: 'The host shows another key than the pinned one',
    advice: 'If it was set up anew, run `npm run trust -- <host>`; if not, someone may be in between.',
  },
  ssh_refused: {
    status: 502,
    class: 'fatal',
    title: 'The host refuses our SSH key',
    advice: 'Add the public key from the data directory to authorized_keys of that user.',
  },
  host_command_unknown: {
    status: 502,
    class: 'retryable',
    title: 'It is not known how a command on the host ended',
    advice: 'The connection broke. The host is looked at again.',
  },
  host_command_failed: { status: 502, class: 'fatal', title: 'A command on the host failed', advice: 'See its output.' },
  stale_fence: {
    status: 409,
    class: 'fatal',
    title: 'The host has a higher fence',
    advice: 'A later swap or step took this host over; this one has no effect any more.',
  },
  foreign_cluster: {
    status: 409,
    class: 'fatal',
    title: 'The host belongs to another cluster',
    advice: 'Run `npm run trust -- <host> --takeover` if it is yours now.',
  },
  fence_unwritable: {
    status: 502,
    class: 'fatal',
    title: 'The fence on the host cannot be written',
    advice: 'Run `npm run trust -- <host>`; look for a full disk.',
  },
  host_lock_timeout: { status: 502, class: 'retryable', title: 'Another command holds the host lock', advice: 'It is tried again.' },
  docker_missing: {
    status: 502,
    class: 'fatal',
    title: 'Docker is not there or not allowed',
    advice: 'Install docker, or add the SSH user to the docker group.',
  },
  launcher_missing: {
    status: 502,
    class: 'fatal',
    title: 'The launcher is not on the host',
    advice: 'Clone spark-vllm-docker on the host, or set its path in cluster.yaml.',
  },
  image_missing: { status: 502, class: 'fatal', title: 'The container image is not on the host', advice: 'Build or pull it on the host.' },
  weights_missing: {
    status: 502,
    class: 'fatal',
    title: 'The weights are not on the host',
    advice: 'Download them first, e.g. with hf-download.sh.',
  },
  port_taken: { status: 502, class: 'fatal', title: 'Something else listens on the port', advice: 'Stop it, or choose another vllm_port.' },
  container_name_taken: {
    status: 502,
    class: 'fatal',
    title: 'Another container has that name',
    advice: 'Remove it, or choose another container name.',
  },
  disk_full: { status: 502, class: 'fatal', title: 'The disk of the host is full', advice: 'Free some space on the host.' },
  memory_short: {
    status: 502,
    class: 'memory',
    title: 'The host has not enough free memory',
    advice: 'Stop what else uses it, or lower gpu_memory_utilization.',
  },
  too_many_hosts: { status: 422, class: 'fatal', title: 'This launcher runs a model on one host only', advice: 'Name one host.' },
  // engines
  preflight_failed: { status: 502, class: 'fatal', title: 'A check before the swap failed', advice: 'See the checks.' },
  drain_timeout: {
    status: 502,
    class: 'fatal',
    title: 'Running requests did not end in time',
    advice: 'Try later, or let it go on with on_drain_timeout: go_on.',
  },
  stop_unproven: {
    status: 502,
    class: 'retryable',
    title: 'The running model could not be proven stopped',
    advice: 'Look at the container on the host; nothing is launched on top of it.',
  },
  launch_failed: { status: 502, class: 'fatal', title: 'The launcher failed', advice: 'See the log.' },
  engine_exited: { status: 502, class: 'fatal', title: 'The engine ended while starting', advice: 'See the log.' },
  launch_stalled: {
    status: 502,
    class: 'fatal',
    title: 'The start made no progress for too long',
    advice: 'See the last log lines; raise launch_stall_s if the model is only slow.',
  },
  launch_timeout: { status: 502, class: 'fatal', title: 'The start took longer than its limit', advice: 'Raise launch_s for this model.' },
  gated_repo: {
    status: 502,
    class: 'fatal',
    title: 'The model is gated on Hugging Face',
    advice: 'Accept its terms there and give the host a token that may read it.',
  },
  repo_not_found: { status: 502, class: 'fatal', title: 'The model is not on Hugging Face', advice: 'Check `repo` in the catalog.' },
  unsupported_architecture: { status: 502, class: 'fatal', title: 'This vLLM does not know the architecture', advice: 'Use a newer image.' },
  gpu_memory_short: {
    status: 502,
    class: 'memory',
    title: 'vLLM found too little free memory',
    advice: 'Free memory, or lower gpu_memory_utilization.',
  },
  kv_cache_too_small: {
    status: 502,
    class: 'fatal',
    title: 'The KV cache does not fit',
    advice: 'Lower max_model_len or raise gpu_memory_utilization.',
  },
  out_of_memory: { status: 502, class: 'memory', title: 'The engine ran out of memory', advice: 'Lower gpu_memory_utilization or max_model_len.' },
  bad_engine_arguments: { status: 502, class: 'fatal', title: 'vLLM does not take these arguments', advice: 'Check knobs and extra_args.' },
  warm_failed: { status: 502, class: 'fatal', title: 'The first completion failed', advice: 'See the log.' },
  validate_failed: { status: 502, class: 'fatal', title: 'The engine does not serve what was asked for', advice: 'See the detail.' },
  // ends
  cancelled: { status: 409, class: 'fatal', title: 'It was cancelled', advice: 'Start it again when you like.' },
  queue_limit: { status: 409, class: 'fatal', title: 'It waited in the queue for too long', advice: 'Start it again.' },
  timed_out: { status: 502, class: 'fatal', title: 'The swap passed its deadline', advice: 'See the phases.' },
  terminated: {
    status: 502,
    class: 'fatal',
    title: 'The swap was ended by hand in Temporal',
    advice: 'Look at the hosts; they are surveyed by the arbiter.',
  },
  restore_failed: {
    status: 502,
    class: 'fatal',
    title: 'The previous model could not be put back',
    advice: 'The hosts may be empty. Start a model by hand.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errors
export const ErrorCode = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]) // keys of the table above, which has at least one row

/** Why something did not work, as swaps, events and pages show it. `line` is the telling line of a log, where there is one. */
export const Cause = z.object({ code: ErrorCode, message: z.string(), line: z.string().nullable(), advice: z.string() })
export type Cause = z.infer<typeof Cause>

export const causeOf = (code: ErrorCode, message: string = errors[code].title, line: string | null = null): Cause => ({
  code,
  message: clip(message),
  line: line === null ? null : clip(line),
  advice: errors[code].advice,
})

/** Half a character at the cut would make the JSON around it unreadable. */
const clip = (text: string): string => text.slice(0, 500).toWellFormed()
