import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import mount from 'koa-mount'
import serve from 'koa-static'
import type { Assets } from '../../views/page-data.ts'
import type { Middleware } from '../context.ts'

const { resolve } = createRequire(import.meta.url)
const folders = {
  own: join(import.meta.dirname, '../../views/assets'),
  pico: join(dirname(resolve('@picocss/pico/package.json')), 'css'),
  htmx: dirname(resolve('htmx.org/dist/htmx.min.js')),
}
type Folder = keyof typeof folders

const used = {
  styles: [
    'pico/pico.min.css',
    ...['colours', 'page', 'buttons', 'panels', 'swap', 'lists', 'dialog', 'forms', 'catalog', 'setup', 'narrow'].map((name) => `own/${name}.css`),
  ],
  libraries: ['htmx/htmx.min.js', 'htmx/ext/hx-sse.min.js'],
  script: 'own/app.js',
  icon: 'own/icon.svg',
}

const yearMs = 365 * 24 * 3600 * 1000

/**
 * Styles and scripts from this project and from its packages. A hash of their content stands in each address, so that browsers may keep them
 * for ever and still get a changed one at once.
 */
export function createAssets(): { assets: Assets; middleware: Middleware[] } {
  const version = hashOf([...used.styles, ...used.libraries, used.script, used.icon])
  const address = (file: string): string => `/assets/${version}/${file}`
  return {
    assets: { styles: used.styles.map(address), libraries: used.libraries.map(address), script: address(used.script), icon: address(used.icon) },
    middleware: Object.entries(folders).map(([name, folder]) =>
      mount(`/assets/${version}/${name}`, serve(folder, { maxage: yearMs, immutable: true, index: false })),
    ),
  }
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) {
    const [folder, ...rest] = file.split('/')
    hash.update(readFileSync(join(folders[folder as Folder], ...rest))) // every row of `used` begins with a folder's name
  }
  return hash.digest('hex').slice(0, 12)
}
