/** All workflows, by the names in messages.ts (`workflowTypes`). */
export { gpuArbiter } from './arbiter.ts'
export { check } from './check.ts'
export { externalRun } from './external-run.ts'
export { managedRun } from './managed-run.ts'
export { monitor } from './monitor.ts'
export { scheduleRegistry } from './schedule-registry.ts'
export { swap } from './swap.ts'
export { webhookDelivery } from './webhook.ts'
