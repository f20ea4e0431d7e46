import type { StageOptions } from './stage.ts'

/**
 * For measures of our own doing, not of the hosts': everything but loading is five times faster than on a real Spark. Each model has its own load
 * time, so that the moment of health stands in no fixed relation to our polling.
 */
export const quickStage: StageOptions = { load_s: '1-3', timeScale: 0.2 }
