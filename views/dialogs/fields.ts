import type { Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import { html, type Html, type Piece } from '../html.ts'

interface TextField {
  readonly name: string
  readonly label: string
  readonly value?: string | undefined
  readonly hint?: Piece
  readonly type?: 'text' | 'url' | 'time' | 'datetime-local' | 'password'
  readonly placeholder?: string
  readonly required?: boolean
  readonly maxlength?: number
  /** Only shown while a choice of the form has one of these values (app.css). */
  readonly only?: string
  readonly focus?: boolean
}

/** Labelled input of one line. What is left blank counts as not given. */
export const textField = ({
  name,
  label,
  value = '',
  hint,
  type = 'text',
  placeholder,
  required = false,
  maxlength,
  only,
  focus = false,
}: TextField): Html =>
  html`<label ${only === undefined ? '' : html`data-only="${only}"`}>
    ${label} ${!required && only === undefined && html`<span class="muted">(optional)</span>`}
    <input
      type="${type}"
      name="${name}"
      value="${value}"
      autocomplete="off"
      ${placeholder === undefined ? '' : html`placeholder="${placeholder}"`}
      ${required ? html`required` : ''}
      ${maxlength === undefined ? '' : html`maxlength="${maxlength}"`}
      ${focus ? html`autofocus` : ''}
    />
    ${hint !== undefined && html`<small>${hint}</small>`}
  </label>`

/** A whole number with its unit in the label. */
export const numberField = (name: string, label: string, value: number | undefined, min: number, max: number): Html =>
  html`<label>${label} <input type="number" name="${name}" value="${value ?? ''}" min="${min}" max="${max}" step="1" /></label>`

interface Choice {
  readonly value: string
  readonly label: string
}

export const selectField = (name: string, label: string, choices: readonly Choice[], chosen: string | undefined, only?: string): Html =>
  html`<label ${only === undefined ? '' : html`data-only="${only}"`}>
    ${label}
    <select name="${name}">
      ${choices.map(({ value, label: words }) => html`<option value="${value}" ${value === chosen ? html`selected` : ''}>${words}</option>`)}
    </select>
  </label>`

/** The models of the catalog, by their names. `none` is offered first, if it has a label. */
export const modelChoices = (models: readonly Model[], none?: string): Choice[] => [
  ...(none === undefined ? [] : [{ value: '', label: none }]),
  ...models.map(({ key, name }) => ({ value: key, label: name === key ? key : `${name} (${key})` })),
]

/** Any number of hosts; none means what the note says. */
export const hostChoices = (hosts: readonly HostName[], chosen: readonly HostName[], none: string, only?: string): Html =>
  html`<fieldset class="choice" ${only === undefined ? '' : html`data-only="${only}"`}>
    <legend>Hosts <span class="muted">${none}</span></legend>
    ${hosts.map((name) => html`<label><input type="checkbox" name="hosts" value="${name}" ${chosen.includes(name) ? html`checked` : ''} /> ${name}</label>`)}
  </fieldset>`

/** IANA name. app.js writes the reader's own zone into an empty one. */
export const timezoneField = (value = ''): Html =>
  html`<label>
    Time zone
    <input type="text" name="timezone" value="${value}" placeholder="UTC" maxlength="64" autocomplete="off" data-local-zone />
    <small>An IANA name, as Europe/Zurich; blank is UTC. Changes of the clocks are followed.</small>
  </label>`
