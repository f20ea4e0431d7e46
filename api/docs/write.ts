import { writeFileSync } from 'node:fs'
import { routeTable } from '../route-table.ts'
import { apiPage } from './api-page.ts'

/** Writes docs/API.md anew. A test says when that is due. */
writeFileSync(new URL('../../docs/API.md', import.meta.url), apiPage(routeTable))
