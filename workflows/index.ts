/** All workflows, by the names in messages.ts (`workflowTypes`). */
export { gpuArbiter } from './arbiter.ts'
export { check } from './check.ts'
export { managedRun } from './managed-run.ts'
export { monitor } from './monitor.ts'
export { swap } from './swap.ts'
export { webhookDelivery } from './webhook.ts'
