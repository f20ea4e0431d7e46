import { existsSync } from 'node:fs'
import { onPath } from '../bootstrap/places.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const apps = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']

/** The machine's own Chromium, which the browser lane drives: CHROMIUM names it, else it is looked for where it usually lies. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env['CHROMIUM']
  if (named !== undefined && named !== '') return existsSync(named) ? named : null
  return [...names.flatMap((name) => onPath(name, env)), ...apps.filter((path) => existsSync(path))][0] ?? null
}
