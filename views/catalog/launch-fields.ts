import { LaunchOptions } from '../../domain/launch-options.ts'
import { html, type Html } from '../html.ts'
import { plainText } from '../plain-text.ts'

interface LaunchField {
  readonly label: string
  /** The launchers that take it. */
  readonly of: string
  readonly kind: 'text' | 'words' | 'number' | 'flag'
  readonly hint?: string
}

const every = 'spark-vllm-docker docker command'

const fields: Readonly<Record<string, LaunchField>> = {
  recipe: {
    label: 'Recipe',
    of: 'spark-vllm-docker',
    kind: 'text',
    hint: 'Its name, or its path below recipes/: it brings image, mods and command.',
  },
  mods: { label: 'Mods', of: 'spark-vllm-docker', kind: 'words', hint: 'Folders below mods/, one a line, in this order.' },
  launch_script: { label: 'Launch script', of: 'spark-vllm-docker', kind: 'text', hint: 'A script of its examples/, in place of vllm serve.' },
  ray: { label: 'By Ray, where there are several hosts', of: 'spark-vllm-docker', kind: 'flag' },
  earlyoom: { label: 'Guard against the kernel’s OOM killer (earlyoom)', of: 'spark-vllm-docker', kind: 'flag' },
  entrypoint: { label: 'Entry point', of: 'docker', kind: 'text' },
  arguments: {
    label: 'Arguments of the container',
    of: 'docker',
    kind: 'words',
    hint: 'In place of `vllm serve …`, one word a line; {port} and {model} are filled in.',
  },
  volumes: { label: 'Mounts', of: 'docker', kind: 'words', hint: '/on/the/host:/in/the/container:ro, one a line.' },
  extra_docker_args: {
    label: 'Further arguments of docker run',
    of: 'spark-vllm-docker docker',
    kind: 'text',
    hint: 'In place of the cluster’s and the host’s.',
  },
  master_port: { label: 'Port of the head for the other hosts', of: 'spark-vllm-docker docker', kind: 'number' },
  start: {
    label: 'Starts it',
    of: 'command',
    kind: 'text',
    hint: 'A line of shell that returns; $SPARK_MODEL, $SPARK_PORT and $SPARK_WEIGHTS are in its environment.',
  },
  stop: { label: 'Stops it', of: 'command', kind: 'text', hint: 'It may be called when nothing runs.' },
  status: { label: 'Tells whether it runs', of: 'command', kind: 'text', hint: 'Exit 0 while it runs, 1 when it does not.' },
}

export const launchNames = Object.keys(LaunchOptions.shape)
const fieldOf = (name: string): LaunchField => fields[name] ?? { label: name, of: every, kind: 'text' }
export const launchKind = (name: string): LaunchField['kind'] => fieldOf(name).kind
/** Whether this launcher takes it. */
export const launchTakes = (name: string, launcher: string): boolean => fieldOf(name).of.split(' ').includes(launcher)

/** What single launchers take; each is shown while its launcher is chosen. */
export const launchFields = (values: Readonly<Record<string, unknown>>): Html => html`${launchNames.map((name) => field(name, values[name]))}`

function field(name: string, value: unknown): Html {
  const { label, of, kind, hint } = fieldOf(name)
  const text = plainText(value)
  const id = `launch.${name}`
  return html`<label data-only="${of}">
    ${label}
    ${
      kind === 'flag'
        ? html`<select name="${id}">
            <option value="">as by default</option>
            <option value="true" ${text === 'true' ? html`selected` : ''}>yes</option>
            <option value="false" ${text === 'false' ? html`selected` : ''}>no</option>
          </select>`
        : kind === 'words'
          ? html`<textarea name="${id}" rows="2" maxlength="20000" spellcheck="false">${text}</textarea>`
          : html`<input type="text" name="${id}" value="${text}" maxlength="4000" autocomplete="off" spellcheck="false" />`
    }
    ${hint !== undefined && html`<small>${hint}</small>`}
  </label>`
}
