import { z } from 'zod'
import { dockerArgumentsTrouble } from './launchers/mark-trouble.ts'
import { ContainerName } from './names.ts'

/**
 * One setting: where its value may come from, and its default. Later sources win: default, cluster.yaml (`settings:`), environment.
 * Blank means default. A bad value never stops the start: the default is used, and `refused` says which value was refused and why.
 */
export interface SettingRow {
  readonly env?: string
  readonly yaml?: boolean
  /** Its value is never shown, not even where it is refused. */
  readonly secret?: boolean
  readonly schema: z.ZodType
  readonly fallback: unknown
  readonly about: string
}

const seconds = (min: number, max: number) => z.coerce.number().min(min).max(max)
const port = z.coerce.number().int().min(1).max(65_535)
const commaList = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
])
const flag = z.union(
  [
    z.boolean(),
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['1', '0', 'true', 'false', 'yes', 'no']))
      .transform((word) => word === '1' || word === 'true' || word === 'yes'),
  ],
  'one of 1, 0, true, false, yes, no',
)
const listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'address:port')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535')

export const settingRows = {
  listen: { env: 'SPARK_LISTEN', schema: listen, fallback: '127.0.0.1:9999', about: 'Address and port of the dashboard and API' },
  allowed_hosts: { env: 'ALLOWED_HOSTS', yaml: true, schema: commaList, fallback: [], about: 'Further host names that the API answers to' },
  demo: { env: 'SPARK_DEMO', schema: flag, fallback: false, about: 'Run the demo cluster whatever is configured' },
  temporal_port: { env: 'TEMPORAL_PORT', schema: port, fallback: 7233, about: 'Port of the embedded Temporal server' },
  temporal_ui_port: { env: 'TEMPORAL_UI_PORT', schema: port, fallback: 8233, about: "Port of Temporal's web page" },
  vllm_port: { env: 'VLLM_PORT', yaml: true, schema: port, fallback: 8888, about: 'Port that models serve on' },
  vllm_container: { env: 'VLLM_CONTAINER', yaml: true, schema: ContainerName, fallback: 'vllm_node', about: 'Name of the model container' },
  vllm_image: { yaml: true, schema: z.string().regex(/^[\w][\w./:@-]{0,254}$/), fallback: 'vllm-node', about: 'Image of models that name none' },
  served_model_name_alias: {
    yaml: true,
    schema: z.string().regex(/^[\w][\w./:-]{0,127}$/, 'a name of letters, digits, dots, dashes, slashes and colons'),
    fallback: '',
    about: 'A name that every model answers to beside its own, so that clients need not change with a swap',
  },
  extra_docker_args: {
    env: 'VLLM_SPARK_EXTRA_DOCKER_ARGS',
    yaml: true,
    schema: z
      .string()
      .max(2000)
      .regex(/^[^\p{Cc}]*$/u, 'one line')
      .superRefine((text, context) => {
        const message = dockerArgumentsTrouble(text)
        if (message !== null) context.addIssue({ code: 'custom', message })
      }),
    fallback: '',
    about: 'Further arguments of docker run, as spark-vllm-docker reads them',
  },
  disabled_services: { env: 'DISABLED_SERVICES', yaml: true, schema: commaList, fallback: [], about: 'Services that are not watched' },
  memory_floor_gib: {
    yaml: true,
    schema: z.coerce.number().min(0).max(2048),
    fallback: 8,
    about: 'MemAvailable that must be free, beside what the model needs, before a launch',
  },
  drop_caches: {
    yaml: true,
    schema: flag,
    fallback: false,
    about: 'Drop the page cache of a host (sudo without a password) where a launch would find too little free memory',
  },
  preflight_s: { yaml: true, schema: seconds(1, 600), fallback: 60, about: 'Limit of all checks before a swap' },
  drain_s: { yaml: true, schema: seconds(0, 3600), fallback: 30, about: 'How long running requests may go on before a stop' },
  stop_s: { yaml: true, schema: seconds(1, 1800), fallback: 180, about: 'Limit of a stop with its proof' },
  launch_s: { yaml: true, schema: seconds(1, 14_400), fallback: 3600, about: 'Limit of a launch until health' },
  launch_stall_s: { yaml: true, schema: seconds(1, 7200), fallback: 900, about: 'How long a launch may go without any progress' },
  warm_s: { yaml: true, schema: seconds(1, 3600), fallback: 600, about: 'Limit of the first completion' },
  validate_s: { yaml: true, schema: seconds(1, 600), fallback: 60, about: 'Limit of the checks on the served model' },
  download_s: { yaml: true, schema: seconds(60, 604_800), fallback: 86_400, about: 'Limit of a download of weights, all its tries together' },
  download_stall_s: {
    yaml: true,
    schema: seconds(1, 86_400),
    fallback: 300,
    about: 'How long a download may go without a byte before it is begun again',
  },
  hf_token_file: {
    env: 'HF_TOKEN_FILE',
    yaml: true,
    schema: z.string().max(500).regex(/^\//, 'an absolute path'),
    fallback: '',
    about: 'File on the workers’ machine with a Hugging Face token; without it, keys/hf-token of the data directory, where there is one',
  },
  hf_endpoint: {
    env: 'HF_ENDPOINT',
    yaml: true,
    schema: z
      .string()
      .max(300)
      .regex(/^https?:\/\/[A-Za-z0-9.:[\]/_-]+$/, 'an http or https address'),
    fallback: '',
    about: 'A mirror of Hugging Face that hosts download from; blank: huggingface.co',
  },
  webhook_url: {
    env: 'WEBHOOK_URL',
    schema: z.string().max(2000),
    fallback: '',
    about: 'One webhook endpoint, which is called default; more in cluster.yaml or by the API',
  },
  webhook_secret: { env: 'WEBHOOK_SECRET', secret: true, schema: z.string().min(8).max(200), fallback: '', about: 'Signs what goes to WEBHOOK_URL' },
  webhook_allow_loopback: {
    env: 'WEBHOOK_ALLOW_LOOPBACK',
    yaml: true,
    schema: flag,
    fallback: false,
    about: 'Webhooks may be sent to this machine itself',
  },
  webhook_retry_scale: {
    env: 'WEBHOOK_RETRY_SCALE',
    schema: z.coerce.number().min(0.00001).max(1),
    fallback: 1,
    about: 'Shortens the pauses between attempts of a delivery, to try a receiver out',
  },
  audit_max_mb: {
    yaml: true,
    schema: z.coerce.number().min(1).max(10_000),
    fallback: 100,
    about: 'The audit trail drops its oldest file beyond this size',
  },
  guardian_wedged_s: {
    yaml: true,
    schema: seconds(1, 86_400),
    fallback: 600,
    about: 'A model with open requests that makes no tokens on an idle GPU for so long is called wedged',
  },
  guardian_idle_w: {
    yaml: true,
    schema: z.coerce.number().min(0).max(1000),
    fallback: 18,
    about: 'Up to this power the GPU counts as idle',
  },
  guardian_restart: { yaml: true, schema: flag, fallback: false, about: 'Start a wedged model anew, at most twice in a row' },
  put_back: { yaml: true, schema: flag, fallback: false, about: 'Start a model again that was lost, at most twice in a row' },
  guardian_patience_s: {
    yaml: true,
    schema: seconds(0, 86_400),
    fallback: 3600,
    about: 'How long the guardian waits while a reservation or a swap keeps it from doing so',
  },
  queue_limit_s: { yaml: true, schema: seconds(10, 86_400), fallback: 7200, about: 'How long a swap may wait in the queue' },
} as const satisfies Record<string, SettingRow>

export type SettingName = keyof typeof settingRows
export type Settings = { readonly [K in SettingName]: z.output<(typeof settingRows)[K]['schema']> }

export interface RefusedSetting {
  readonly setting: SettingName
  /** `VLLM_PORT` or `cluster.yaml: settings.vllm_port` */
  readonly source: string
  readonly value: string
  readonly reason: string
  readonly used: string
}

/** Where a value comes from. */
export type SettingSource = 'default' | 'file' | 'environment'
export type SettingSources = { readonly [K in SettingName]: SettingSource }

interface ResolvedSettings {
  readonly settings: Settings
  readonly sources: SettingSources
  readonly refused: RefusedSetting[]
  readonly unknown: string[]
}

/** Joins defaults, the `settings` of cluster.yaml and the environment. Unknown names in the YAML are refused by name, too. */
export function resolveSettings(yaml: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string | undefined>>): ResolvedSettings {
  const refused: RefusedSetting[] = []
  const settings: Record<string, unknown> = {}
  const sources: Record<string, SettingSource> = {}
  for (const [name, row] of Object.entries(settingRows) as [SettingName, SettingRow][]) {
    // the keys of the table are its setting names
    let value = row.fallback
    const offers: [SettingSource, string, unknown][] = []
    if (row.yaml === true) offers.push(['file', `cluster.yaml: settings.${name}`, yaml[name]])
    if (row.env !== undefined) offers.push(['environment', row.env, env[row.env]])
    sources[name] = 'default'
    for (const [kind, source, given] of offers) {
      if (given === undefined || given === null || (typeof given === 'string' && given.trim() === '')) continue
      const parsed = row.schema.safeParse(typeof given === 'string' ? given.trim() : given)
      if (parsed.success) {
        value = parsed.data
        sources[name] = kind
      } else
        refused.push({
          setting: name,
          source,
          value: row.secret === true ? '(secret)' : show(given),
          reason: parsed.error.issues[0]?.message ?? 'not valid',
          used: row.secret === true ? 'none' : show(value),
        })
    }
    settings[name] = value
  }
  const unknown = Object.keys(yaml).filter((name) => !(name in settingRows) || (settingRows[name as SettingName] as SettingRow).yaml !== true) // the `in` before it makes it one
  // filled row by row, each by its own schema
  return { settings: settings as Settings, sources: sources as SettingSources, refused, unknown }
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200)
