import { DefaultLogger } from '@temporalio/worker'
import { buildWorkflowBundle } from './workflow-bundle.ts'

/** `node scripts/bundle.ts <file>`: writes the workflow bundle that an image ships (SPARK_WORKFLOW_BUNDLE). */
const [file] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('usage: node scripts/bundle.ts <file>\n')
  process.exit(2)
}
await buildWorkflowBundle(file, new DefaultLogger('WARN'))
