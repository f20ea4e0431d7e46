import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import type { Middleware } from '../context.ts'

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const files = new Map([
  ['/docs', join(import.meta.dirname, 'index.html')],
  ['/docs/', join(import.meta.dirname, 'index.html')],
  ['/docs/start.mjs', join(import.meta.dirname, 'start.mjs')],
  ...['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map((name) => [`/docs/swagger/${name}`, join(swagger, name)] as const),
])

/** The human page of the API at `/docs`: Swagger's viewer from its package, under the same strict policy as all pages. Six files, kept in memory once asked for. */
export function docsPage(): Middleware {
  const contents = new Map<string, Buffer>()
  return async (ctx, next) => {
    const file = files.get(ctx.path)
    if (file === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      await next()
      return
    }
    const content = contents.get(file) ?? readFileSync(file)
    contents.set(file, content)
    ctx.state.routePath = '/docs'
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.type = extname(file) === '.mjs' ? 'text/javascript' : extname(file)
    ctx.body = content
  }
}
