/** The models that are on both hosts. Those named after a failure fail that way. */
export const stageModels = [
  'spark-test/first',
  'spark-test/second',
  'spark-test/load-20s',
  'spark-test/gated',
  'spark-test/oom',
  'spark-test/unsupported-arch',
  'spark-test/never-healthy',
  'spark-test/crash-in-warmup',
  '/models/fine-tune',
] as const
