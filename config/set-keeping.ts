import { isMap, isScalar, type Document } from 'yaml'

type Path = readonly string[]

/** Sets a value in a YAML document so that the comments of all that stays are kept: maps are changed key by key, and a single value in its place. */
export function setKeeping(document: Document, path: Path, value: unknown): void {
  const node = document.getIn(path, true)
  if (isMap(node) && isPlain(value)) {
    for (const { key } of [...node.items]) if (!(String(key) in value)) document.deleteIn([...path, String(key)])
    for (const [name, inner] of Object.entries(value)) setKeeping(document, [...path, name], inner)
  } else if (isScalar(node) && (typeof value !== 'object' || value === null)) node.value = value
  else {
    unfold(document.getIn(path.slice(0, -1), true))
    document.setIn(path, document.createNode(value))
  }
}

/** A map from which everything was taken is written `{}`: what comes into it next is again one line each. */
function unfold(node: unknown): void {
  if (isMap(node) && node.items.length === 0) node.flow = false
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
