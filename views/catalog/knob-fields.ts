import type { CatalogModel } from '../../domain/catalog-model.ts'
import { Knobs } from '../../domain/model.ts'
import { html, type Html } from '../html.ts'
import { plainText } from '../plain-text.ts'

interface KnobWords {
  readonly label: string
  readonly kind: 'number' | 'text' | 'flag' | 'words' | readonly string[]
  readonly hint?: string
}

const words: Readonly<Record<string, KnobWords>> = {
  max_model_len: { label: 'Longest context, in tokens', kind: 'number' },
  gpu_memory_utilization: {
    label: 'Share of all memory, above 0 and at most 1',
    kind: 'number',
    hint: 'CPU and GPU share it: leave room for the host.',
  },
  max_num_seqs: { label: 'Requests at once', kind: 'number' },
  max_num_batched_tokens: { label: 'Tokens in one batch', kind: 'number' },
  tensor_parallel_size: { label: 'Tensor parallel, in GPUs', kind: 'number', hint: 'A Spark has one GPU: two need a placement on two hosts.' },
  pipeline_parallel_size: { label: 'Pipeline parallel, in GPUs', kind: 'number' },
  dtype: { label: 'Data type', kind: ['auto', 'bfloat16', 'float16', 'float32'] },
  quantization: { label: 'Quantization', kind: 'text' },
  kv_cache_dtype: { label: 'Data type of the KV cache', kind: 'text' },
  load_format: { label: 'Load format', kind: 'text' },
  tool_call_parser: { label: 'Tool call parser', kind: 'text' },
  reasoning_parser: { label: 'Reasoning parser', kind: 'text' },
  enable_auto_tool_choice: { label: 'Automatic tool choice', kind: 'flag' },
  enable_prefix_caching: { label: 'Prefix caching', kind: 'flag' },
  trust_remote_code: {
    label: 'Trust remote code',
    kind: 'flag',
    hint: 'Runs code from the model’s repository on the host. Only for a repository that you trust.',
  },
  extra_args: { label: 'Further arguments', kind: 'words', hint: 'One word a line, as `vllm serve` gets them.' },
}

/** All knobs that there are, in their order; one that has no words of its own here is asked for by its name. */
export const knobNames = Object.keys(Knobs.shape)
const wordsOf = (name: string): KnobWords => words[name] ?? { label: name, kind: 'text' }
export const knobKind = (name: string): KnobWords['kind'] => wordsOf(name).kind

/**
 * A field for each knob. One that is as it ships is blank, with what ships as its placeholder; its value of before goes along, so that only what was
 * changed is sent. `model` null: of a model that is not there yet.
 */
export const knobFields = (model: CatalogModel | null): Html => html`
  <div class="two knobs">${knobNames.filter((name) => knobKind(name) !== 'words').map((name) => field(name, model))}</div>
  ${knobNames.filter((name) => knobKind(name) === 'words').map((name) => field(name, model))}
`

function field(name: string, model: CatalogModel | null): Html {
  const { label, hint } = wordsOf(name)
  const ships = plainText(valueOf(model?.shipped_knobs, name))
  const now = plainText(valueOf(model?.knobs, name))
  const changed = model !== null && (model.origin === 'own' ? now !== '' : model.changed.includes(`knobs.${name}`))
  const shown = changed ? now : ''
  const marked = changed && model.origin !== 'own'
  return html`<div class="knob" ${marked ? html`data-changed` : ''}>
    <label for="knob-${name}">${label} <code class="muted">${name}</code></label>
    ${input(name, shown, ships)}
    <input type="hidden" name="was.${name}" value="${shown}" />
    ${
      marked &&
      html`<p class="mark">
        <span>changed, ${ships === '' ? 'not set as it ships' : html`ships as <code>${ships}</code>`}</span>
        <button type="button" class="secondary outline" data-clear="knob-${name}" aria-label="Reset ${label}">Reset</button>
      </p>`
    }
    ${hint !== undefined && html`<small>${hint}</small>`}
  </div>`
}

const valueOf = (knobs: Knobs | null | undefined, name: string): unknown => (knobs as Record<string, unknown> | null | undefined)?.[name] // by a name of its schema

function input(name: string, shown: string, ships: string): Html {
  const { kind } = wordsOf(name)
  if (kind === 'flag' || Array.isArray(kind)) return select(name, kind === 'flag' ? ['true', 'false'] : (kind as readonly string[]), shown, ships)
  if (kind === 'words')
    return html`<textarea id="knob-${name}" name="${name}" rows="3" maxlength="20000" spellcheck="false" placeholder="${ships}">${shown}</textarea>`
  const mode = kind === 'number' ? html`inputmode="decimal"` : ''
  return html`<input
    type="text"
    id="knob-${name}"
    name="${name}"
    value="${shown}"
    placeholder="${ships === '' ? '' : `ships as ${ships}`}"
    maxlength="4096"
    autocomplete="off"
    spellcheck="false"
    ${mode}
  />`
}

const flagWords: Readonly<Record<string, string>> = { true: 'on', false: 'off' }

const select = (name: string, values: readonly string[], shown: string, ships: string): Html =>
  html`<select id="knob-${name}" name="${name}">
    <option value="">${ships === '' ? 'as vLLM has it' : `as it ships: ${flagWords[ships] ?? ships}`}</option>
    ${values.map((value) => html`<option value="${value}" ${value === shown ? html`selected` : ''}>${flagWords[value] ?? value}</option>`)}
  </select>`
